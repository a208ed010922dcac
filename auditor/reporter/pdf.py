"""The page printed to PDF by an installed Chromium: the same report, on paper."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

from auditor.errors import OutputError
from auditor.model import Audit
from auditor.reporter import html

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
ENVIRONMENT = "DATAUDIT_BROWSER"
SECONDS = 120
FLAGS = ("--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
         "--disable-quic", "--disable-sync", "--no-pdf-header-footer")  # fmt: skip


def browser() -> str:
    """Return the browser that prints; OutputError in a line where none is found."""
    named = os.environ.get(ENVIRONMENT)
    for name in (named,) if named else BROWSERS:
        if name and (found := shutil.which(name)):
            return found
    wanted = f"'{named}' ({ENVIRONMENT}) is not one" if named else f"install one, or name it in {ENVIRONMENT}"
    raise OutputError(f"a PDF is printed by Chromium or Chrome, and none was found: {wanted}")


def _dated(pdf: bytes, created: str | None) -> bytes:
    """Return a PDF with the time of the audit in place of that of its printing: the same audit is the same file."""
    moment = datetime.fromisoformat(created) if created else datetime(2000, 1, 1)
    return re.sub(rb"(?<=Date \(D:)\d{14}(?=\+00'00'\))", moment.strftime("%Y%m%d%H%M%S").encode(), pdf)


def render(audit: Audit) -> bytes:
    """Return the report as PDF; OutputError where the browser does not print it."""
    program = browser()
    with tempfile.TemporaryDirectory(prefix="dataudit-") as folder:
        page, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html.render(audit), encoding="utf-8")
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # Chromium asks for it of root
        command = [
            program, *FLAGS, *root, f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            return _dated(printed.read_bytes(), audit.provenance.created)
        except (OSError, subprocess.SubprocessError) as error:
            raise OutputError(f"the PDF could not be printed by '{program}': {type(error).__name__}") from None
