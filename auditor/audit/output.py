"""Reports to files: each path is checked before anything is read, and all are written whole or none at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from auditor.errors import OutputError
from auditor.loaders import signals
from auditor.loaders.leftovers import own_draft
from auditor.model import Audit
from auditor.reporter.formats import FOLDER, format_of


def _resolved(written: str) -> Path:
    """Return where a path leads; OutputError for one that no system can have: too long, a loop, a void character."""
    try:
        path = Path(written).resolve()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it leads nowhere"
        raise OutputError(f"'{written[:200]}' cannot be written: {why}") from None
    return path


def check_paths(paths: Sequence[str], data: str | None = None) -> None:
    """Refuse report paths that could not be written, or would replace the data or each other; OutputError."""
    real = list(map(_resolved, paths))
    if len(set(real)) < len(real):
        raise OutputError("two reports are to be written to the same path")
    for path in paths:
        form = format_of(path)
        form.load()
        if form is FOLDER:
            _check_folder(path)
        else:
            check_path(path, data)


def _check_folder(written: str) -> None:
    """Refuse a folder that could not be written to, or made; OutputError."""
    path = Path(written)
    if path.exists() and not path.is_dir():
        raise OutputError(f"report '{written}' cannot be written: it is a file")
    inside = path if path.is_dir() else path.parent
    if not inside.is_dir():
        raise OutputError(f"report '{written}' cannot be written: there is no folder '{inside}'")
    if not os.access(inside, os.W_OK):
        raise OutputError(f"report '{written}' cannot be written: permission denied")


def check_path(written: str, data: str | None = None, others: Sequence[str] = ()) -> None:
    """Refuse a path that could not be written, or would replace the data or one of `others`; OutputError."""
    path, leads = Path(written), _resolved(written)
    if data and data != "-" and leads == Path(data).resolve():
        raise OutputError(f"report '{path}' would replace the data; give another path")
    if leads in {_resolved(other) for other in others if other}:
        raise OutputError(f"'{path}' is named twice; give each its own path")
    if not path.parent.is_dir():
        raise OutputError(f"report '{path}' cannot be written: there is no folder '{path.parent}'")
    if path.is_dir():
        raise OutputError(f"report '{path}' cannot be written: it is a folder")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise OutputError(f"report '{path}' cannot be written: permission denied")


def write_reports(audit: Audit, paths: Sequence[str]) -> None:
    """Write a report per path, all of them whole or none at all."""
    check_paths(paths)
    rendered = [(path, format_of(path).load()(audit)) for path in paths]
    made = [Path(path) for path, of in rendered if isinstance(of, Mapping) and not Path(path).exists()]
    texts: list[tuple[str, str | bytes]] = []
    for path, of in rendered:
        texts += [(path, of)] if isinstance(of, str | bytes) else [(os.path.join(path, name), of[name]) for name in of]
    try:
        for folder in made:
            folder.mkdir()
        write_whole(texts)
    except BaseException:
        for folder in made:
            with suppress(OSError):  # somebody else's file is in it by now
                folder.rmdir()
        raise


def write_whole(texts: Sequence[tuple[str, str | bytes]]) -> None:
    """Write texts or bytes to their paths, all of them whole or none at all.

    A link is followed and stays a link; what is no file (a pipe, a terminal) is written to as it is.
    """

    def written(text: str | bytes) -> bytes:
        return text.encode("utf-8") if isinstance(text, str) else text

    drafts: list[tuple[Path, Path]] = []
    streams: list[tuple[Path, str | bytes]] = []
    try:
        for path, text in texts:
            target = Path(os.path.realpath(path))
            if target.exists() and not target.is_file():
                streams.append((target, text))
                continue
            descriptor, draft = own_draft(target.parent)
            drafts.append((draft, target))
            with os.fdopen(descriptor, "wb") as file:
                file.write(written(text))
            os.chmod(draft, signals.mode_of(target))  # a draft is private until it is whole
        for draft, target in drafts:
            os.replace(draft, target)
        for target, text in streams:
            with target.open("wb") as file:
                file.write(written(text))
    except OSError as error:
        raise OutputError(f"report cannot be written: {error.strerror or error}") from None
    except UnicodeEncodeError:
        raise OutputError("the text cannot be written: a file name in it is not Unicode; rename that file") from None
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
            signals.end(draft)
