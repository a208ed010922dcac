"""Text columns of a source: cleaned where they are HTML or e-mail, counted, and sampled for models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from auditor.counts.tally import Tally
from auditor.engines.document_units import texts_of
from auditor.engines.sample import HASH, TEXT, TOKENS, TextSample, document_rows
from auditor.engines.terms import count_terms
from auditor.engines.tokens import tokens, words_of
from auditor.loaders.source import Source, literal, quoted
from auditor.model import Decision
from auditor.use.roles import Seen
from auditor.use.says import Says

LOOKED_AT = 1_000
PER_GROUP = 10_000  # documents drawn of a joint group: a fit to words takes longer than one to columns
SHARE = 0.2  # of the documents looked at, from which all are taken for HTML or e-mail
TAG = r"</?[a-zA-Z][a-zA-Z0-9]*(\s[^<>]*)?/?>"
HEADER = r"^(From|To|Date|Subject|Received|Return-Path|Message-ID|MIME-Version|Delivered-To): "
CLEANED = "dataudit_plain_text"
MOST_TAGS, LONGEST_TAG = 1_000, 2**14  # characters of one
MOST_PARTS, LONGEST_HEADERS = 200, 2**14  # of an e-mail: parts, and parameters of headers; characters of all headers
DERIVED = "group by terms"
HOLDS, LACKS = "with the terms", "without the terms"
SAYS = Says(
    cleaned="'{column}' looks like {kind}. Only its readable text is counted.",
    group="The group '{group}' is made from '{column}': whether a document contains one of {terms:whole} "
    "term{terms:s}. It is only a proxy for the people meant, and misses those whose text does not mention it. The "
    "terms are masked when '{column}' is counted.",
)


@dataclass(frozen=True)
class Corpus:
    """A text column: the SQL of its text, and a note on what was done to it."""

    column: str
    text: str
    note: str | None = None


def corpora(source: Source, names: Sequence[str]) -> list[Corpus]:
    """Return the text columns, with the library that cleans them in the SQL where they are HTML or e-mail."""
    return [_corpus(source, name) for name in names]


def _corpus(source: Source, name: str) -> Corpus:
    column = f"CAST({quoted(name)} AS VARCHAR)"
    looked = f"(SELECT {column} AS t FROM {source.relation} WHERE {quoted(name)} IS NOT NULL LIMIT {LOOKED_AT})"
    shares = ", ".join(f"avg(regexp_matches(t, {literal(pattern)})::INT)" for pattern in (TAG, HEADER))
    html, mail = source.connection.execute(f"SELECT {shares} FROM {looked}").fetchall()[0]
    if max(html or 0, mail or 0) < SHARE:
        return Corpus(name, column)
    _register(source)
    kind = "e-mail" if (mail or 0) >= SHARE else "HTML"
    return Corpus(name, f"{CLEANED}({column})", SAYS("cleaned", column=name, kind=kind))


def _register(source: Source) -> None:
    """Give the engine the function that cleans a text."""
    known = f"SELECT count(*) FROM duckdb_functions() WHERE function_name = '{CLEANED}'"
    if not source.connection.execute(known).fetchall()[0][0]:
        source.connection.create_function(CLEANED, plain_text, ["VARCHAR"], "VARCHAR")


def plain_text(text: str) -> str:
    """Return what a reader sees of a text that may be an e-mail with headers, HTML, or neither.

    >>> plain_text("<p>She led the <b>women's</b> team</p>")
    "She led the women's team"
    """
    import re
    from email import message_from_string, policy

    from selectolax.lexbor import LexborHTMLParser

    if re.match(HEADER, text) and not _is_endless(text):
        message = message_from_string(text, policy=policy.default)
        body = message.get_body(("plain", "html"))
        with suppress(LookupError, ValueError, AttributeError):  # an unknown charset or a broken part: as it stands
            text = str(body.get_content()) if body is not None else text
    if re.search(TAG, text):
        if _is_tangled(text):
            return _without_tags(text)
        tree = LexborHTMLParser(text)
        for hidden in tree.css("script, style, template"):
            hidden.decompose()
        text = " ".join((tree.body.text(separator=" ") if tree.body else "").split())
    return text


def _is_tangled(text: str) -> bool:
    """Whether an HTML parser may take long: for each tag it goes through all that are open, for each attribute too."""
    return text.count("<") > MOST_TAGS or text.count("=") > MOST_TAGS or max(map(len, text.split(">"))) > LONGEST_TAG


def _is_endless(mail: str) -> bool:
    """Whether an e-mail has more parts or longer headers than are read in a short time; it is then left as it is."""
    import re

    headers = re.split(r"\r?\n\r?\n", mail, maxsplit=1)[0]
    return max(headers.count(";"), mail.count("\n--")) > MOST_PARTS or len(headers) > LONGEST_HEADERS


def _without_tags(text: str) -> str:
    """Return what a parser would, by a single pass: each tag parts words."""
    import html
    import re

    for hidden in ("script", "style", "template", "head"):
        parts = re.split(rf"(?i)<(/?){hidden}\b[^<>]*>", text)  # text, then "" or "/" and text for each tag
        opened, kept = False, parts[:1]
        for end, after in zip(parts[1::2], parts[2::2], strict=True):
            opened = not end
            if not opened:
                kept.append(after)
        text = " ".join(kept)
    text = "".join(part.partition("-->")[2] if i else part for i, part in enumerate(text.split("<!--")))
    return " ".join(html.unescape(re.sub(r"</?[a-zA-Z!][^<>]*>", " ", text)).split())


def with_group(source: Source, column: str, terms: Sequence[str]) -> tuple[Source, str]:
    """Return the source with a group made of the text: whether a document holds one of the terms; and its name."""
    corpus = _corpus(source, column)
    name = DERIVED
    while name in source.fields:
        name = f"{name} of {column}"
    listed = ", ".join(literal(f" {'  '.join(words_of(term))} ") for term in terms)
    spaced = f"' ' || array_to_string({tokens(corpus.text)}, '  ') || ' '"
    holds = f'len(list_filter([{listed}], lambda "(term)": contains({spaced}, "(term)"))) > 0'  # as no column is called
    made = f"CASE WHEN {quoted(column)} IS NULL THEN NULL WHEN {holds} THEN '{HOLDS}' ELSE '{LACKS}' END"
    relation = f"(SELECT *, {made} AS {quoted(name)} FROM {source.relation})"
    note = SAYS("group", group=name, column=column, terms=len(terms))
    fields = {**source.fields, name: "VARCHAR"}
    return replace(
        source,
        relation=relation,
        fields=fields,
        reading=(*source.reading, Decision(note, "group from terms", (name,), warning=True)),
    ), name


def counted(source: Source, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str]) -> Tally:
    """Return the tally with the terms of its text columns counted, without the masked ones."""
    documents = {}
    for corpus in corpora(source, tally.roles.text):
        of = count_terms(source, tally, seen, corpus.column, corpus.text, masks)
        documents[corpus.column] = replace(of, notes=(corpus.note,) if corpus.note else ())
    return replace(tally, documents=documents)


def sampled(
    source: Source, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int
) -> dict[str, TextSample]:
    """Draw documents of each text column that was counted, with their words but for the masked ones."""
    found = {}
    for corpus in corpora(source, [*tally.documents]):
        asked = {TOKENS: tokens(corpus.text, masks), HASH: f"hash({corpus.text})"}
        table = document_rows(source, tally, seen, corpus.column, asked, seed, PER_GROUP)
        words = table.column(TOKENS).combine_chunks()
        rows = table.drop_columns([TOKENS, HASH]).to_pandas()
        rows[TEXT] = texts_of(words, table.column(HASH).to_numpy())
        of = tally.documents[corpus.column]
        found[corpus.column] = TextSample(rows, of.documents + of.repeated, words)
    return found
