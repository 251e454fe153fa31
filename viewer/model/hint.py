"""A hint: what a published algorithm favours for what CT shows. Never an order."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.model.score import Evidence, Picture


@dataclass(frozen=True, slots=True)
class Term:
    """A technique or a device that a hint names, in one line."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Hint:
    """One line of a published algorithm that applies, or may.

    Attributes
    ----------
    algorithm : str
        "the hybrid algorithm"; reads well within a sentence.
    shows : tuple of str
        What CT shows.
    noted : tuple of str
        What the operator typed.
    favours : str
        A noun phrase.
    missing : tuple of str
        What is not known and would have to hold as well.
    source : str
    evidence : Evidence
        The weakest that it rests on.
    shown_by : Picture or None
    confirmed : bool
    reading : str
        How words of the publication that give no number were read.
    terms : tuple of Term
    """

    algorithm: str
    shows: tuple[str, ...]
    noted: tuple[str, ...]
    favours: str
    missing: tuple[str, ...]
    source: str
    evidence: Evidence
    shown_by: Picture | None = None
    confirmed: bool = True
    reading: str = ""
    terms: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """The hint as one sentence."""
        told = []
        if self.shows:
            told.append(f"CT shows {_listed(self.shows)}")
        if self.noted:
            told.append(f"{'' if told else 'Typed: '}{_listed(self.noted)}{' (typed)' if told else ''}")
        supposed = f", supposing {_listed(self.missing)} (not known yet)" if self.missing else ""
        return f"{'; '.join(told)}; {self.algorithm} then favours {self.favours}{supposed}."


def _listed(parts: tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
