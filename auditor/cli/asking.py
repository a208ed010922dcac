"""The dialogue of `init --interactive`: one question after the other, each answer checked, and the way back."""

from __future__ import annotations

from itertools import islice

import click

from auditor.audit.draft import Draft
from auditor.cli.questions import Question, questions
from auditor.errors import AuditError
from auditor.format import printable
from auditor.use.says import Says

BACK = ("<", "back")
SAYS = Says(
    intro="Press Enter to take the answer in brackets. Type < or back to return to the question before.",
    first="This is the first question.",
    choices="Choices: {choices}",
    asked="{text} [{default}]",
)


class _Back(Exception):
    """The question before is asked for."""


def ask(found: Draft) -> Draft:
    """Ask what was guessed, and what no data can answer; return a draft with the answers.

    Raises:
        AuditError: The input ended before the last question.
    """
    click.echo(SAYS("intro"))
    typed: dict[str, str] = {}
    at = 0
    while True:
        answered, question = _replayed(found, typed, at)
        if question is None:
            return answered
        try:
            typed[question.key] = _asked(question, typed.get(question.key))
            at += 1
        except _Back:
            if at == 0:
                click.echo(SAYS("first"))
            at = max(0, at - 1)


def _replayed(found: Draft, typed: dict[str, str], at: int) -> tuple[Draft, Question | None]:
    """Return a draft with the first `at` answers, and the question after these; None where all are answered.

    Answers are read anew each time, so that one that was changed leaves no trace of what it was before.
    """
    answered = found.copy()
    coming = questions(answered)
    for question in islice(coming, at):
        question.read(typed[question.key])
    return answered, next(coming, None)


def _asked(question: Question, before: str | None) -> str:
    """Return what was typed, once it is a valid answer; an empty line keeps the default, or what was typed before."""
    default = question.default if before is None else before
    click.echo(f"\n{printable(question.why)}")
    if question.choices:
        click.echo(SAYS("choices", choices=printable(question.choices)))

    def checked(text: str) -> str:
        if text.strip().lower() in BACK and not question.takes(text.strip()):
            raise _Back
        try:
            question.read(text)
        except AuditError as error:
            raise click.BadParameter(str(error)) from None
        return text

    text = SAYS("asked", text=question.text, default=default) if default else question.text
    try:
        suffix = " " if text.endswith(("?", ".")) else ": "
        answer: str = click.prompt(
            printable(text), default=default, show_default=False, prompt_suffix=suffix, value_proc=checked
        )
    except click.Abort as end:
        if not isinstance(end.__context__, EOFError):
            raise
        click.echo()
        raise AuditError("the input ended before the last question; nothing was written") from None
    return answer
