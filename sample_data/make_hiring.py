"""Write `hiring.csv` again; how it is made, and what is planted in it, is in `auditor/demo/hiring.py`."""

from __future__ import annotations

from pathlib import Path

from auditor.demo.hiring import write

if __name__ == "__main__":
    write(Path(__file__).with_name("hiring.csv"))
