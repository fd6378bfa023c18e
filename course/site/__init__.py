"""The course as a web site: `python -m course.site` builds it into build/site.

Lessons are shown as they are stored, never run. Nothing on a page comes from anywhere else: no
fonts, no scripts, no pictures of other hosts.
"""
