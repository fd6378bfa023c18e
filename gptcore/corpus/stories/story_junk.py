"""Synthetic defects of web pages: near copies of a story, and junk pages.

The functions in `EDITS` turn a text into a near copy; those in `JUNK` make pages that are not worth
training on. All randomness comes from the generator that is passed in.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def pick(things: Sequence[T], rng: random.Random) -> T:
    """A random element. Only random() gives the same numbers in every version of Python."""
    return things[int(rng.random() * len(things))]


def choose_some(things: Sequence[T], least: int, most: int, rng: random.Random) -> list[T]:
    """Draw `least` to `most` elements, with replacement."""
    return [pick(things, rng) for _ in range(least + int(rng.random() * (most - least + 1)))]


# Near copies -------------------------------------------------------------------------------------

WORDS_FOR_ONE_CHANGE = 60


def change_words(text: str, rng: random.Random) -> str:
    """Replace some words in small letters by others of the text."""
    pieces = re.split(r"(\b[a-z]{3,}\b)", text)
    small = range(1, len(pieces), 2)
    for _ in range(max(2, len(small) // WORDS_FOR_ONE_CHANGE)):
        place = pick(small, rng)
        pieces[place] = pick([word for word in pieces[1::2] if word != pieces[place]], rng)
    return "".join(pieces)


def move_paragraph(text: str, rng: random.Random) -> str:
    """Move the first paragraph to the end."""
    first, *rest = text.split("\n\n")
    return "\n\n".join([*rest, first])


def add_boilerplate(text: str, rng: random.Random) -> str:
    """Add a header and a footer, as every page of a site has them."""
    return f"{pick(HEADERS, rng)}\n\n{text}\n\n{pick(FOOTERS, rng)}"


def leave_out_a_sentence(text: str, rng: random.Random) -> str:
    """Remove one sentence."""
    ends = [match.end() for match in re.finditer(r"[.!?]\"? ", text)]
    place = int(rng.random() * (len(ends) - 1))
    return text[: ends[place]] + text[ends[place + 1] :]


HEADERS = (
    "Home > Stories > Read. You are reading page 1 of 1. Log in to leave a comment.",
    "Welcome to our collection! New stories every day. Please share this page with your friends.",
    "Skip to content. Story of the day. Reading time: 2 minutes. Print this page.",
)
FOOTERS = (
    "Did you like this? Subscribe to our newsletter and never miss a story. All rights reserved.",
    "Share: Mail, Print, Copy link. Previous story. Next story. Terms of use. Privacy. Contact.",
    "Posted in Stories. 0 comments. Related: ten more stories that you will not believe.",
)
EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "words changed": change_words,
    "paragraph moved": move_paragraph,
    "boilerplate added": add_boilerplate,
    "sentence left out": leave_out_a_sentence,
}

# Junk --------------------------------------------------------------------------------------------

SYMBOLS = (*"#$%&*+-/<=>?@\\^_|~0123456789", "...", "###", "{}", "[]", "::", "%20", "&nbsp;")
SYLLABLES = ("do", "lo", "ma", "ne", "qui", "sa", "tu", "ve", "ra", "mi", "con", "per", "est", "um")
REPEATED = (
    "Click here to continue reading.",
    "This video is not available in your country.",
    "Sorry, the page that you are looking for has moved.",
    "Buy now and save, only today, only here.",
)
# fmt: off
MENU = (
    "Home", "News", "Shop", "Cart (0)", "Log in", "Sign up", "About us", "Contact", "Help",
    "Search", "Sports", "Travel", "Weather", "Photos", "Videos", "Archive", "Jobs", "Press",
    "Privacy", "RSS", "Terms", "Cookies", "Sitemap", "English", "Deutsch", "Next", "Previous",
    "Top", "Share", "Print",
)
# fmt: on
SHORT = (
    "Page not found.",
    "Coming soon!",
    "Read more",
    "There are no comments yet. Be the first to write one.",
    "Your session has ended. Please log in again.",
)
PRODUCTS = ("shoes", "watches", "phones", "loans", "tickets", "tires", "pills", "hotels")
PRAISE = (
    "cheap",
    "best",
    "buy",
    "online",
    "free",
    "discount",
    "near me",
    "sale",
    "review",
    "top 10",
)


def symbol_soup(rng: random.Random) -> str:
    return " ".join("".join(choose_some(SYMBOLS, 2, 9, rng)) for _ in range(90))


def repeated_line(rng: random.Random) -> str:
    return "\n".join([pick(REPEATED, rng)] * (12 + int(rng.random() * 30)))


def navigation(rng: random.Random) -> str:
    return pick(("\n", " | ", " > "), rng).join(choose_some(MENU, 40, 90, rng))


def word_list(rng: random.Random) -> str:
    return " ".join("".join(choose_some(SYLLABLES, 2, 4, rng)) for _ in range(80))


def too_short(rng: random.Random) -> str:
    return pick(SHORT, rng)


def advertisement(rng: random.Random) -> str:
    product = pick(PRODUCTS, rng)
    return " ".join(f"{praise} {product}" for praise in choose_some(PRAISE, 40, 70, rng))


JUNK: dict[str, tuple[Callable[[random.Random], str], str, float]] = {
    # function that makes the page; language and score that a classifier would give
    "symbol soup": (symbol_soup, "en", 0.11),
    "repeated line": (repeated_line, "en", 0.93),
    "navigation": (navigation, "en", 0.64),
    "word list": (word_list, "la", 0.38),
    "too short": (too_short, "en", 0.82),
    "advertisement": (advertisement, "en", 0.71),
}
