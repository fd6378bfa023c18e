"""The course as a web site: `python -m course.site` builds it into build/site.

Lessons are shown with their stored outputs, never run. A page loads nothing from other hosts: no
fonts, no scripts, no pictures.
"""
