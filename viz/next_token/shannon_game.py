"""The reader plays the language model: spread 100 points over the next letter, see the surprisal.

The rules and the drawing are in `viz/next_token/shannon.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from json import dumps
from typing import Any

from ipywidgets import Button, HBox, IntSlider, Layout, Text

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.dials.frames import page_knob
from viz.next_token.shannon import (
    Distribution,
    draw_shannon,
    format_nats,
    mean,
    parse_bet,
    surprisal,
)

Predictors = Mapping[str, Callable[[str], Distribution]]
EXAMPLE = "e 40 a 30 (the rest is spread evenly)"


class ShannonGame(Control):
    """Bet on the next letter of hidden words, beside models that bet on the same letters.

    Without a kernel the still twin shows a finished game in which all candidates get equal bets.

    Args:
        words: The hidden word, or several.
        candidates: All letters that can come; "end" is added.
        predictors: Mapping name -> function from the letters so far to a probability for each
            candidate.
        you: Name of the reader among the players.
        example: Word of the still twin. None takes the last of `words`.

    Raises:
        ValueError: If there is no word, or a word has a letter that is not a candidate.

    Example:
        >>> uniform = {letter: 0.25 for letter in ["a", "e", "m", "end"]}
        >>> game = ShannonGame(["emma"], "aem", {"uniform": lambda prefix: uniform})
        >>> game.scores()
        {}

    Source: Shannon 1951, "Prediction and Entropy of Printed English".
    """

    def __init__(
        self,
        words: str | Sequence[str],
        candidates: Sequence[str],
        predictors: Predictors,
        *,
        you: str = "you",
        example: str | None = None,
    ) -> None:
        self.words = [words] if isinstance(words, str) else list(words)
        self.candidates = [*dict.fromkeys([*candidates, "end"])]
        check_words(self.words, self.candidates)
        self.predictors, self.you, self.note = dict(predictors), you, ""
        self.bets: list[list[Distribution]] = [[] for _ in self.words]
        self.number = IntSlider(value=1, min=1, max=len(self.words), description="name")
        # Observed when Enter is pressed or the cursor leaves the box, not at every key.
        self.text = Text(placeholder=EXAMPLE, description="points", continuous_update=False)
        self.text.layout = Layout(width="420px")
        self.text.observe(lambda change: self.place_bet(), names="value")
        self.button = Button(description="bet", tooltip="bet, and see the next letter")
        self.button.layout = Layout(width="80px")
        self.button.on_click(lambda button: self.place_bet())
        knobs = [self.number] if len(self.words) > 1 else []
        example = example or self.words[-1]
        check_words([example], self.candidates)
        even = {"even bets": lambda prefix: parse_bet("", self.candidates)} | self.predictors
        still = draw_shannon(example, self.bets_of(even, example), title="A finished game")
        super().__init__([*knobs, HBox([self.text, self.button])], still)
        self.number.observe(self.clear_note, names="value")

    def bets_of(
        self, predictors: Predictors, word: str, played: int | None = None
    ) -> dict[str, list[Distribution]]:
        """The bets of each predictor on the first `played` letters, or on all and the end.

        Args:
            predictors: The predictors by name.
            word: The word that is guessed.
            played: How many letters were guessed; None for all and the end.
        """
        steps = range(len(word) + 1 if played is None else played)
        return {name: [predict(word[:i]) for i in steps] for name, predict in predictors.items()}

    def place_bet(self) -> None:
        """Take the text of the box, unless it is empty, as the bet on the next letter."""
        if not self.text.value.strip():
            return
        bets, word = self.bets[self.number.value - 1], self.words[self.number.value - 1]
        self.note = ""
        try:
            bet = parse_bet(self.text.value, self.candidates)
        except ValueError as error:
            self.note = str(error)
        else:
            if len(bets) <= len(word):
                bets.append(bet)
                self.text.value = ""
        self.redraw()

    def clear_note(self, change: object) -> None:
        self.note = ""
        self.redraw()

    def scores(self) -> dict[str, float]:
        """Mean surprisal of each player over all tokens played so far, in nats per token.

        Returns:
            Mapping name -> nats per token; empty before the first bet.
        """
        nats: dict[str, list[float]] = {}
        for word, bets in zip(self.words, self.bets):
            players = {self.you: bets} | self.bets_of(self.predictors, word, len(bets))
            for name, its_bets in players.items():
                costs = [surprisal(bet, target) for bet, target in zip(its_bets, [*word, "end"])]
                nats[name] = nats.get(name, []) + costs
        return {name: mean(costs) for name, costs in nats.items() if costs}

    def page_dial(self) -> dict[str, Any]:
        """The words, and what the predictors give their letters, for a page that plays the game."""
        given = {
            name: [
                [predict(word[:i]).get(target, 0.0) for i, target in enumerate([*word, "end"])]
                for word in self.words
            ]
            for name, predict in self.predictors.items()
        }
        number = [page_knob("number", self.number)] if len(self.words) > 1 else []
        return {
            "dial": "shannon",
            "knobs": [
                *(number or [{"name": "number", "kind": "state", "value": 1}]),
                {"name": "bets", "kind": "state", "value": dumps([[] for _ in self.words])},
                {"name": "typed", "kind": "state", "value": ""},
            ],
            "words": self.words,
            "candidates": self.candidates,
            "predictors": given,
            "you": self.you,
            "example": EXAMPLE,
        }

    def picture(self) -> Picture:
        n = self.number.value - 1
        word, bets = self.words[n], self.bets[n]
        players = {self.you: bets} | self.bets_of(self.predictors, word, len(bets))
        title = f"Name {n + 1} of {len(self.words)}" if len(self.words) > 1 else "A hidden name"
        return draw_shannon(word, players, title=title + self.title_suffix(len(bets) > len(word)))

    def title_suffix(self, is_over: bool) -> str:
        if not is_over:
            return ": what comes next?"
        return ": over" + ("; take another name" if len(self.words) > 1 else "")

    def redraw(self, change: object = None) -> None:
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        self.screen.value = f"{note}{self.picture().to_html()}{self.total()}"

    def names_won(self) -> dict[str, int]:
        """How many finished names each player predicted best; a tie counts for nobody.

        Returns:
            Mapping name -> number; empty before a name is finished.
        """
        won: dict[str, int] = {}
        for word, bets in zip(self.words, self.bets):
            if len(bets) <= len(word):
                continue
            players = {self.you: bets} | self.bets_of(self.predictors, word)
            costs = {
                name: sum(map(surprisal, its_bets, [*word, "end"]))
                for name, its_bets in players.items()
            }
            least = min(costs.values())
            best = [name for name, cost in costs.items() if cost == least]
            for name in players:
                won[name] = won.get(name, 0) + (best == [name])
        return won

    def total(self) -> str:
        """The running score over all names, once there is a bet."""
        letters = sum(map(len, self.bets))
        if not letters:
            return ""
        plural = "letter" if letters == 1 else "letters"
        scores = ", ".join(f"{name} {format_nats(nats)}" for name, nats in self.scores().items())
        won = ", ".join(f"{name} {number}" for name, number in self.names_won().items())
        return (
            f"<p><b>{escape(self.standing())}</b> After {letters} {plural}: {escape(scores)} nats "
            f"each (lower is better).{f' Names won: {escape(won)}.' if won else ''}</p>"
        )

    def standing(self) -> str:
        """Who has the lower mean, the reader or the best of the others, and by how much."""
        scores = self.scores()
        yours = scores.pop(self.you)
        if not scores:
            return ""
        rival = min(scores, key=scores.__getitem__)
        gap = yours - scores[rival]
        if abs(gap) < 0.005:
            return f"{self.you} and {rival} are level."
        leader, other = (rival, self.you) if gap > 0 else (self.you, rival)
        return f"In front: {leader}, {format_nats(abs(gap))} ahead of {other}."


def check_words(words: Sequence[str], candidates: Sequence[str]) -> None:
    if not words or not all(words):
        raise ValueError(f"words must be at least one word, none of them empty; got {words!r:.60}.")
    for word in words:
        unknown = sorted(set(word) - set(candidates))
        if unknown:
            raise ValueError(f"{word!r} has {unknown[0]!r}, which is not among the candidates.")
