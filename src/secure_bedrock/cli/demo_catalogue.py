"""The demo's product catalogue: text files of `examples/catalogue`, looked up in an embedded SQLite database."""

import re
import sqlite3
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

# Words that every question has; they would match every product.
_STOP_WORDS = frozenset(
    "a an and are as at be by can did do does for from has have how i if in is it its long may me my much not of on "
    "one or that the this to was what when where which who will with you your".split()
)
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Product:
    """One product as the shop prints it."""

    sku: str
    name: str
    price_eur: str
    category: str
    text: str

    def as_context(self) -> str:
        """The product as lines of an augmented prompt, one fact a line."""
        return f"The {self.name}, SKU {self.sku}, costs EUR {self.price_eur}.\n{self.text}"


class Catalogue:
    """An SQLite database in memory with one row a product; not for sharing between threads."""

    def __init__(self, products: list[Product]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE TABLE product (sku TEXT PRIMARY KEY, name TEXT, price_eur TEXT, category TEXT, text TEXT)"
        )
        rows = [(p.sku, p.name, p.price_eur, p.category, p.text) for p in products]
        self._database.executemany("INSERT INTO product VALUES (?, ?, ?, ?, ?)", rows)

    @classmethod
    def shipped(cls) -> "Catalogue":
        """The catalogue that comes with the package, or with the source tree when run from there."""
        return cls([_parse(text) for text in _texts()])

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM product").fetchone()
        return int(count)

    def look_up(self, question: str) -> Product | None:
        """The product whose row holds most of the question's words, the name counting threefold; None if none does."""
        words = sorted(set(_WORD.findall(question.lower())) - _STOP_WORDS)
        if not words:
            return None
        points = " + ".join(
            "3 * (instr(lower(name), ?) > 0) + (instr(lower(category || ' ' || text), ?) > 0)"
            for _ in words
        )
        row = self._database.execute(
            f"SELECT sku, name, price_eur, category, text, {points} AS points FROM product "  # noqa: S608 - only placeholders are pasted in
            "ORDER BY points DESC, sku LIMIT 1",
            [word for word in words for _ in range(2)],
        ).fetchone()
        return Product(*row[:5]) if row and row[5] else None

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def _texts() -> list[str]:
    packaged = files("secure_bedrock").joinpath("examples", "catalogue")
    if packaged.is_dir():
        found = {entry.name: entry.read_text("utf-8") for entry in packaged.iterdir()}
    else:  # run from the source tree: the folder is the repository's own
        folder = Path(__file__).resolve().parents[3] / "examples" / "catalogue"
        found = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    return [found[name] for name in sorted(found) if name.endswith(".txt")]


def _parse(text: str) -> Product:
    head, _, body = text.partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return Product(
        sku=fields["sku"],
        name=fields["name"],
        price_eur=fields["price_eur"],
        category=fields["category"],
        text=body.strip(),
    )
