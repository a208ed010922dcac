r"""Names of columns and levels that have broken programs: control characters, mark-up, formulas, keywords, length."""

from __future__ import annotations

import random

NAMES = (
    "mean", "variance", "weight", "squares", "known", "n", "outcome", "level", "rows", "count", "k0", "which", "value",
    "group", "order", "select", "from", "where", "table", "column", "rowid", "filename", "file_row_number", "index",
    "level_0", "size", "shape", "values", "T", "columns", "dtype", "name", "data", "frame", "self", "none", "None",
    "nan", "NULL", "true", "__proto__", "constructor", "__class__", "rest", "all", "total", "id", "target", "positive",
    'a "quoted" name', "it's", "a.b", "a[0]", "a,b", "a;b", "a/b", "a\\b", "100%", "%s", "%(x)s", "{x}", "{{x}}", "{{7*7}}",
    "${7*7}", "{% raw %}", "$1", "a=b", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "naïve", "性別", "🙂", "e\u0301", "ﬁ",
    " leading", "trailing ", "two  spaces", "x:1,2", "age:25,40", "race:codes", "0", "-1", "1e5", "1e400", "0x1F", "*",
    "-", "?", "#", "~", "|", "`x`", "```", "***", "_x_", "~~x~~", "# head", "- item", "> quote", "[a](http://x)",
    "![a](http://x/y.png)", "<b>", "<!--", "]]>", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)", "&amp;", "&#x202e;", "&lt;b&gt;", "https://evil.example/x", "www.evil.example",
    "ann@example.org", "@octocat", "#12", "'; DROP TABLE data; --", "a)--", "/* x */", "CORP\\users", "a\\x1bb",
    "a\\u0041", "..\\..\\x", "../../etc/passwd", "C:\\x", "datum.level", "datum['x']", "a]b.c[0]", "'+alert(1)+'",
    "A" * 300, "ж" * 200, "a b " * 60, "x" * 3000,
)  # fmt: skip
# Not everywhere can a name hold these: each is read, or refused in a line.
WILD = (
    "a\x1b[31mb", "a\x00b", "a\x07b", "a\x7fb", "a\x85b", "a\x9b31mb", "a\u202eb", "a\u2066b", "a\u200bb", "\ufeffa",
    "a\u2028b", "a\u2029b", "a\rb", "two\nlines", "tab\there", "\t", " ", "", "\u00a0", "\u3000", "\ufffe", "a\u00adb",
    "a\u200db", "\U000e0001", "\u061ca", "\x1b]0;x\x07", "\u0600", "\ue000", "\U0010ffff", "\u0378",
)  # fmt: skip
LEVELS = (
    "yes", "no", "1", "0", "1.0", "01", "true", "False", "T", "N/A", "NA", "null", "None", "nan", "NaN", "inf", "-inf",
    "-", "?", ".", "unknown", "other", "f", "m", "F ", " m", "2020-01-01", "01/02/2020", "2020-02-30", "1,5", "1.000,5",
    "1e400", "9" * 30, "0.1", "-0", "+5", "12:30", "=HYPERLINK(\"http://x\")", "under 5", "the rest",
)  # fmt: skip
WORDS = (
    "she",
    "he",
    "women's",
    "chess",
    "the",
    "a",
    "club",
    "engineer",
    "kind",
    "don't",
    "été",
    "naïve",
    "ＡＢＣ",
    "ß",
)


def name(random: random.Random, *, wild: float = 0.3) -> str:
    """Return a name for a column: a known hard one, two of them joined, or characters at random."""
    kind = random.random()
    if kind < wild:
        return random.choice(WILD)
    if kind < 0.9:
        return random.choice(NAMES)
    if kind < 0.95 and wild:
        return random.choice(NAMES)[:40] + random.choice(WILD) + random.choice(NAMES)[:40]
    return noise(random, 12) if wild else "".join(random.choices("abcXYZ '\"<>&|.,;:$%{}[]()=+-*/\\éß性🙂", k=9))


def noise(random: random.Random, most: int) -> str:
    """Return characters from everywhere in Unicode but the surrogates."""
    ranges = (
        (0x20, 0x7E),
        (0, 0x9F),
        (0xA0, 0x24F),
        (0x2000, 0x206F),
        (0x2190, 0x2BFF),
        (0x4E00, 0x9FFF),
        (0x1F300, 0x1FAFF),
    )
    return "".join(chr(random.randint(*random.choice(ranges))) for _ in range(random.randint(1, most)))


def level(random: random.Random, wild: float = 0.3) -> str:
    """Return the text of a value."""
    return random.choice(LEVELS) if random.random() < 0.5 else name(random, wild=wild)


def unlike(random: random.Random, many: int, *, wild: float = 0.3) -> list[str]:
    """Return names of which no two are the same to a program that minds neither case nor spaces around."""
    found: dict[str, str] = {}
    while len(found) < many:
        made = name(random, wild=wild)
        found.setdefault(made.strip().casefold(), made)
    return list(found.values())


def text(random: random.Random, hard: float = 0.05, wild: float = 0.3) -> str:
    """Return a text as people write; a share of its words is hard."""
    words = [
        random.choice(WORDS) if random.random() >= hard else level(random, wild)[:80]
        for _ in range(random.randint(0, 25))
    ]
    return " ".join(words)
