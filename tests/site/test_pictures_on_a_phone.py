"""Every picture of the gallery on a phone: nothing scrolls, and the text can be read."""

import base64
import re

import pytest

from course.site.cells import cells_of
from course.site.gallery.examples import picture_of
from course.site.public import public_names
from course.syllabus.lesson_table import written_lessons

ROOMS = (  # that are ready for a phone
    *("curves", "runs", "hardware", "tuning", "text", "training"),
    *("next_token", "graphs", "architecture", "attention", "model_map"),
)
WIDTH = 358  # of a picture on a phone with 390 pixels
SMALLEST = 10  # pixels of text
SVG = r'data:image/svg\+xml;base64,([^" ]+)'
# All texts that are cut off, and all pairs that overlap.
FAULTS = """() => {
  const svg = document.querySelector("svg"), paper = svg.getBoundingClientRect(), faults = [];
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
  const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
  boxes.forEach(([text, box], i) => {
    const isInX = box.left > paper.left - 1 && box.right < paper.right + 1;
    const isInY = box.top > paper.top - 1 && box.bottom < paper.bottom + 1;
    if (!isInX || !isInY) faults.push(["cut", text]);
    for (const [other, that] of boxes.slice(0, i)) {
      const dx = Math.min(box.right, that.right) - Math.max(box.left, that.left);
      const dy = Math.min(box.bottom, that.bottom) - Math.max(box.top, that.top);
      if (dx > 2 && dy > 5) faults.push(["overlap", text, other]);  // a box has room above letters
    }
  });
  return faults;
}"""


def forms_on_a_phone(html: str) -> list[str]:
    """The SVG of each image of a picture as a phone shows it."""
    images = re.finditer(rf'(?:<source [^>]*?{SVG}">)?<img[^>]*? src="{SVG}"', html)
    return [base64.b64decode(image[1] or image[2]).decode() for image in images]


def smallest_text(svg: str) -> float:
    """The size of the smallest text, in pixels of a phone."""
    width = float(re.search(r' width="([\d.]+)"', svg)[1])
    sizes = map(float, re.findall(r'font-size="([\d.]+)"', svg))
    return min(sizes, default=SMALLEST) * min(1, WIDTH / width)


@pytest.mark.parametrize("room", ROOMS)
def test_the_text_can_be_read_and_is_neither_cut_off_nor_covered(chromium, room):
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    faults = []
    for one in public_names("viz"):
        picture = picture_of(one) if one.module.split(".")[1] == room else None
        for svg in forms_on_a_phone(picture.to_html()) if picture else []:
            if smallest_text(svg) < SMALLEST:
                faults.append((one.name, f"text of {smallest_text(svg):.1f} px"))
            page.set_content(svg)
            faults += [(one.name, *fault) for fault in page.evaluate(FAULTS)]
    assert not faults


@pytest.mark.parametrize("lesson", written_lessons(), ids=lambda lesson: lesson.name)
def test_the_text_of_every_stored_picture_can_be_read(lesson):
    outputs = [output for cell in cells_of(lesson) for output in cell.get("outputs", [])]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    sizes = [smallest_text(svg) for page in pages for svg in forms_on_a_phone(page)]
    assert min(sizes, default=SMALLEST) >= SMALLEST, f"build it again: {lesson.name}"
