"""What an audit costs beside what people use now: `python -m tests.benchmarks.rivals [ROWS] [--large] [--quick] [--folder DIR]`.

Each runs as a whole process on the same Parquet file of the generator's, in turn, ROUNDS times (what takes minutes,
once, and with `--quick` not at all); the table gives medians of wall time, peak memory and the time against dataudit's. The libraries compared are installed, at these versions, each
into a virtual environment of its own below DIR. `--large` adds ten million rows, Parquet and CSV, beside bare queries.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.generate import write

ROUNDS = 3
ROWS = 1_000_000
LARGE = 10_000_000
DEFAULT = "check {file} --target hired --positive yes --group gender --group race --fail-on never"
AUDIT = f"{DEFAULT} --no-models"
TALLY = """
import duckdb
run = duckdb.connect().execute
run("SET memory_limit = '2GiB'")
names = [name for name, *_ in run("DESCRIBE FROM '{file}'").fetchall()]
numbers = [name for name in names if name[0] == "n" or name == "age"]
others = [name for name in names if name not in (*numbers, "gender", "race", "hired")]
steps = [i / 20 for i in range(1, 20)]
asked = ", ".join(f"quantile_disc({{name}}::DOUBLE, {{steps}})" for name in numbers)
cuts = run(f"SELECT {{asked}} FROM (FROM '{file}' LIMIT 20000)").fetchall()[0]
counts = [f"histogram({{name}})" for name in others]
counts += [f"histogram({{name}}::DOUBLE, {{sorted(set(cut))}})" for name, cut in zip(numbers, cuts)]
run(f"SELECT gender, race, hired, count(*), {{', '.join(counts)}} FROM '{file}' GROUP BY ALL").fetchall()
"""
SELECT = """
import duckdb
run = duckdb.connect().execute
names = [name for name, *_ in run("DESCRIBE FROM '{file}'").fetchall()]
run("SELECT " + ", ".join(f'max("{{name}}")' for name in names) + " FROM '{file}'").fetchall()
"""
SMCLARIFY = """
import pandas as pd
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report
frame = pd.read_parquet("{file}", columns=["gender", "hired", "region"])
label = LabelColumn("hired", frame["hired"], ["yes"])
bias_report(frame, FacetColumn({facet}), label, StageType.PRE_TRAINING, group_variable=frame["region"])
"""
CLARIFY = ("smclarify==0.5", "pandas<3")
FAIRLEARN = """
import pandas as pd
from fairlearn.metrics import MetricFrame, count, selection_rate
frame = pd.read_parquet("{file}", columns=["gender", "race", "hired"])
hired = (frame["hired"] == "yes").astype(int)
found = MetricFrame(
    metrics={{"rate": selection_rate, "n": count}}, y_true=hired, y_pred=hired, sensitive_features=frame["gender"], {more}
)
found.by_group, found.ratio()
"""
AEQUITAS = """
import pandas as pd
from aequitas.bias import Bias
from aequitas.group import Group
frame = pd.read_parquet("{file}", columns=["gender", "race", "hired"])
hired = (frame["hired"] == "yes").astype(int)
frame = frame[["gender", "race"]].astype(str).assign(score=hired, label_value=hired)
cells, _ = Group().get_crosstabs(frame, attr_cols=["gender", "race"])
Bias().get_disparity_predefined_groups(
    cells, original_df=frame, ref_groups_dict={{"gender": "male", "race": "White"}}, check_significance=False
)
"""
SKRUB = """
import pandas as pd
from skrub import TableReport
TableReport(pd.read_parquet("{file}"), verbose=0).html()
"""
YDATA = """
import pandas as pd
from ydata_profiling import ProfileReport
ProfileReport(pd.read_parquet("{file}"), minimal=True, progress_bar=False).to_html()
"""


@dataclass(frozen=True)
class Contender:
    """What is run, by which interpreter: a script, or arguments of this project's command."""

    name: str
    script: str
    packages: tuple[str, ...] = ()
    slow: bool = False


def contenders() -> list[Contender]:
    """Return what is compared at the plain size."""
    return [
        Contender("dataudit, every rule without a model", AUDIT),
        Contender("dataudit, every rule", DEFAULT),
        Contender("a bare DuckDB tally of the file", TALLY),
        Contender("smclarify 0.5, pre-training report, women only", SMCLARIFY.replace("{facet}", '"gender", ["female"]'), CLARIFY),
        Contender("the same, every value of that facet", SMCLARIFY.replace("{facet}", '"gender"'), CLARIFY),
        Contender("fairlearn MetricFrame, one group", FAIRLEARN.replace("{more}", "")),
        Contender("the same with 100 bootstrap rounds", FAIRLEARN.replace("{more}", "n_boot=100, ci_quantiles=[0.025, 0.975]"), slow=True),
        Contender("Aequitas 1.1, two groups", AEQUITAS, ("aequitas==1.1.0",)),
        Contender("skrub 0.11 TableReport", SKRUB, ("skrub==0.11.0",)),
        Contender("ydata-profiling 4.18, minimal", YDATA, ("ydata-profiling==4.18.4",)),
    ]  # fmt: skip


def _command(contender: Contender, file: Path, folder: Path) -> list[str]:
    if contender.script in (AUDIT, DEFAULT):
        return [sys.executable, "-m", "auditor", *contender.script.format(file=file).split()]
    return [_interpreter(contender, folder), "-c", contender.script.format(file=file)]


def _interpreter(contender: Contender, folder: Path) -> str:
    """Return an interpreter that has the contender's packages."""
    if not contender.packages:
        return sys.executable
    home = folder / contender.packages[0].replace("==", "-")
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *contender.packages, "pyarrow"], check=True)
    return str(python)


def measured(command: Sequence[str]) -> tuple[float, float]:
    """Return the seconds and the peak MiB of a process; it must succeed."""
    # As installed: with the bytecode of modules kept, which an installer writes, and a checkout may not.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    # Through a shell, so that the peak is not that of this process at the fork.
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@"', "sh", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace")[-2_000:])
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def table(listed: Sequence[Contender], file: Path, folder: Path) -> str:
    """Return the medians as a table; the first contender is what the others are held against."""
    commands = [_command(contender, file, folder) for contender in listed]
    found: list[list[tuple[float, float]]] = [[] for _ in listed]
    for number in range(ROUNDS):
        for contender, command, of in zip(listed, commands, found, strict=True):
            if number == 0 or not contender.slow:
                of.append(measured(command))
                print(f"{contender.name}: {of[-1][0]:.1f} s, {of[-1][1]:,.0f} MiB", file=sys.stderr)
    middle = [tuple(statistics.median(values) for values in zip(*of, strict=True)) for of in found]
    lines = ["| | seconds | peak MiB | times dataudit's |", "|---|---:|---:|---:|"]
    for contender, (seconds, peak) in zip(listed, middle, strict=True):
        lines.append(f"| {contender.name} | {seconds:.1f} | {peak:,.0f} | {seconds / middle[0][0]:.2f} |")
    return "\n".join(lines)


def beside() -> str:
    """Return the default audit of samples beside the one without models, as a table of medians."""
    root = Path(__file__).parents[2]
    lines = ["| | every rule | without models | times | peak MiB |", "|---|---:|---:|---:|---:|"]
    for name in ("hiring", "callbacks"):
        data, use = (root / "sample_data" / f"{name}{suffix}" for suffix in (".csv", ".use_case.toml"))
        command = [sys.executable, "-m", "auditor", "check", str(data), "--use-case", str(use), "--fail-on", "never"]
        rounds = [(measured(command), measured([*command, "--no-models"])) for _ in range(ROUNDS)]
        whole, without = (statistics.median(each[i][0] for each in rounds) for i in (0, 1))
        peak = max(each[0][1] for each in rounds)
        lines.append(f"| {name}.csv | {whole:.1f} | {without:.1f} | {whole / without:.2f} | {peak:,.0f} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table, with the day and the machine."""
    folder = Path(tempfile.gettempdir()) / "dataudit-rivals"
    if "--folder" in arguments:
        folder = Path(arguments[list(arguments).index("--folder") + 1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = int(arguments[0]) if arguments and arguments[0].isdecimal() else ROWS
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip() or 'unknown'}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB, Python {platform.python_version()}\n"
    )
    print(f"The default audit beside the one without models\n\n{beside()}\n")
    file = folder / f"applicants-{rows}.parquet"
    if not file.exists():
        write(file, rows)
    listed = [contender for contender in contenders() if not (contender.slow and "--quick" in arguments)]
    print(f"{rows:,} rows × 27 columns of Parquet\n\n{table(listed, file, folder)}\n")
    if "--large" in arguments:
        audit, default, tally, *_ = contenders()
        for suffix, bare in ((".parquet", tally), (".csv", Contender("a bare SELECT of every column", SELECT))):
            file = folder / f"applicants-{LARGE}{suffix}"
            if not file.exists():
                write(file, LARGE)
            print(f"{LARGE:,} rows × 27 columns, {suffix}\n\n{table([audit, default, bare], file, folder)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
