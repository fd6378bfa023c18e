"""The lessons are a row of their own: none before the first and none after the last."""

from course.syllabus.lesson_table import written_lessons


def setup(app) -> dict:
    """Register the extension; Sphinx calls this."""
    app.connect("html-page-context", cut_ends)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def cut_ends(app, name, template, context, doctree) -> None:
    """Leave out the link from the last lesson to whatever the table of contents has next."""
    lessons = [f"notebooks/{lesson.name}" for lesson in written_lessons()]
    if name == lessons[-1]:
        context["next"] = None
