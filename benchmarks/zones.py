"""How well bodies are taken apart, on labelled mail that is not part of the project.

    python benchmarks/zones.py DATA [--half 0|1] [--errors NAME] [--libraries]

DATA holds ``zones-quagga`` (Enron and list mail with marked zones), ``sig-forge`` and the ``reply-*`` sets of public
quote-strippers, as JSON lines. ``--half`` looks at one half of the mails only, chosen by a hash of their names, so that
rules written while reading errors of one half can be measured on the other. ``--errors`` shows what is wrong in one
figure. ``--libraries`` measures public quote-strippers that are installed.

New text is exact when the words of the reply are the expected ones, whichever side counts the signature in.
"""

import argparse
import importlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from extraction.html_text import html_to_text
from extraction.quoted_dates import parse_quoted_date
from extraction.signature_fields import read_fields
from extraction.zones import LineZone, label_lines, split_zones

Row = dict[str, Any]
QUAGGA = {"quoted Enron mails": "enron_all", "list mails": "asf"}
FIELDS = {"Name": "name", "Phone": "phone", "Position": "title", "Organisation": "organisation"}
RANKS = {"Body": 0, "Header": 1, "Body/Intro": 3, "Body/Outro": 3, "Body/Signature": 3}
RANKS |= {"Body/Intro/Name": 4, "Body/Outro/Name": 4}
ZONES = {"Body/Intro": "greeting", "Body/Outro": "sign_off", "Body/Signature": "signature", "Header": "header"}
ZONES |= {"Body/Intro/Name": "greeting", "Body/Outro/Name": "sign_off", "Body": "text"}
FORGED = {LineZone.SIGN_OFF, LineZone.SIGNATURE, LineZone.DISCLAIMER}
FORWARD = re.compile(r"forward|expédié|transf|weiterg|inoltr|reenv|doorg", re.IGNORECASE)
BLANK = frozenset(" \t>|")
FIVE = {zone: str(zone) for zone in LineZone} | {LineZone.DISCLAIMER: "signature"}


@dataclass
class Score:
    """Right ones of all, and a note on every wrong one."""

    right: float = 0
    of: float = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, *, right: bool, note: str = "") -> None:
        """Count one more."""
        self.right += right
        self.of += 1
        if not right:
            self.wrong.append(note)

    def __str__(self) -> str:
        return f"{self.right / self.of:.3f} of {self.of:.0f}" if self.of else "none"


@dataclass
class Match:
    """Found, expected and agreeing spans."""

    hits: int = 0
    found: int = 0
    expected: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, found: set[Any], expected: set[Any], name: str) -> None:
        """Count the spans of one mail."""
        self.hits += len(found & expected)
        self.found += len(found)
        self.expected += len(expected)
        if found != expected:
            self.wrong.append(f"{name}\n   missed {sorted(expected - found)}\n   invented {sorted(found - expected)}")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / max(1, self.found + self.expected)

    def __str__(self) -> str:
        return f"F1 {self.f1:.3f} (precision {self.hits}/{self.found}, recall {self.hits}/{self.expected})"


def main() -> None:
    """Print every figure."""
    asked = _arguments()
    figures: dict[str, Score | Match] = {}
    for name, part in QUAGGA.items():
        replies = list(_rows(asked, f"zones-quagga/reply_derived.{part}.train.jsonl"))
        figures |= _new_text(name, replies, _ours)
        figures |= _line_zones(name, list(_rows(asked, f"zones-quagga/{part}.train.jsonl")))
    detailed = list(_rows(asked, "zones-quagga/enron_all.train.jsonl"))
    figures |= _inner_headers(detailed)
    figures |= _signature_fields(detailed)
    figures |= _forge(list(_rows(asked, "sig-forge/data.jsonl")))
    for folder in sorted(asked.data.glob("reply-*")):
        figures[folder.name] = _fixtures(list(_rows(asked, f"{folder.name}/data.jsonl")))
    for name, figure in figures.items():
        print(f"{name:58} {figure}")
        if asked.errors and asked.errors in name:
            print("\n".join(f"  - {note}" for note in figure.wrong))
    _speed([row["text"] for part in QUAGGA.values() for row in _rows(asked, f"zones-quagga/{part}.train.jsonl")])
    if asked.libraries:
        _libraries(asked)


def _ours(text: str) -> tuple[str, str]:
    zones = split_zones(text)
    return zones.reply_text, zones.signature


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--errors", default="")
    parser.add_argument("--libraries", action="store_true")
    return parser.parse_args()


def _rows(asked: argparse.Namespace, name: str) -> Iterator[Row]:
    path = asked.data / name
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").split("\n"):
        row = json.loads(line) if line else None
        if row and (
            asked.half is None or sha1(row["id"].encode(), usedforsecurity=False).digest()[0] % 2 == asked.half
        ):
            yield row


def _new_text(name: str, rows: Sequence[Row], split: Callable[[str], tuple[str, str]]) -> dict[str, Score | Match]:
    """Exact new text; without the mails whose label is empty although unmarked words follow the quote, and with all."""
    fair, literal, reply = Score(), Score(), Score()
    for row in rows:
        if name.startswith("quoted") and not row["has_quoted"]:
            continue
        text, signature = split(row["text"])
        expected = row["expected_reply"].split()
        alone = row["expected_reply_without_signature"].split()
        exact = text.split() in (expected, alone) or f"{text}\n{signature}".split() == expected
        note = (
            f"{row['id']}\n   expected {' '.join(expected)[-300:]!r}\n   got      {text[-200:]!r} + {signature[:100]!r}"
        )
        literal.add(right=exact, note=note)
        reply.add(right=text.split() in (expected, alone), note=note)
        if not (row["pure_forward"] and _is_answered_below(row["text"])):
            fair.add(right=exact, note=note)
    return {
        f"{name}: exact new text": fair,
        f"{name}: the same, every label taken literally": literal,
        f"{name}: signature cut as labelled, too": reply,
    }


def _is_answered_below(text: str) -> bool:
    """An attribution on top, marked lines, and words without a mark: bottom posting, not a forward."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    marks = [line.startswith(">") for line in lines]
    return any(marks[:4]) and any(not mark for mark in marks[marks.index(True) :])


def _line_zones(name: str, rows: Sequence[Row]) -> dict[str, Score | Match]:
    two, five, literal = Score(), Score(), Score()
    for row in rows:
        found = label_lines(row["text"])
        expected = _expected_zones(row)
        for number, (line, zone, label) in enumerate(zip(row["text"].split("\n"), found, expected, strict=True)):
            if label:
                note = f"{row['id']}:{number} {label} not {zone}: {line[:90]!r}"
                neutral = zone is LineZone.DISCLAIMER and label == "text"
                two.add(right=(label == "header") == (zone is LineZone.HEADER), note=note)
                five.add(right=label == FIVE[zone] or neutral, note=note)
                literal.add(right=label == FIVE[zone], note=note)
    short = name.removeprefix("quoted ")
    return {
        f"{short}: two zones, lines": two,
        f"{short}: five zones, lines": five,
        f"{short}: the same, a disclaimer never text": literal,
    }


def _expected_zones(row: Row) -> list[str]:
    """The zone most characters of a line have; ``""`` for blank lines and those outside every span."""
    text = row["text"]
    ranks, zones = [-1] * len(text), [""] * len(text)
    for span in row["spans"]:
        rank = RANKS.get(span["type"], -1)
        for at in range(span["start"], min(span["end"], len(text))):
            if rank >= ranks[at] and rank >= 0:
                ranks[at], zones[at] = rank, ZONES[span["type"]]
    labels, at = [], 0
    for line in text.split("\n"):
        inside = [zone for zone, letter in zip(zones[at : at + len(line)], line, strict=True) if letter not in BLANK]
        labels.append(max(dict.fromkeys(inside), key=inside.count) if inside else "")
        at += len(line) + 1
    return labels


def _inner_headers(rows: Sequence[Row]) -> dict[str, Score | Match]:
    """Senders, recipients and subjects of quoted mails against the marked headers; name or address counts."""
    kinds = {"From": "senders", "To": "recipients", "Subject": "subjects", "Sent/Date": "dates"}
    matches = {kind: Match() for kind in kinds}
    for row in rows:
        spans = row["spans"]
        if not any(span["type"] == "Header/Person/From" for span in spans):
            continue
        boxes = [span for span in spans if span["type"] == "Header"][:20]
        ours = split_zones(row["text"]).headers
        found = {
            "From": [_forms(header.sender) for header in ours if header.sender],
            "To": [_forms(person) for header in ours for person in header.to],
            "Subject": [{_plain(header.subject)} for header in ours if header.subject],
            "Sent/Date": [{str(header.sent_at.date())} for header in ours if header.sent_at],
        }
        for kind, match in matches.items():
            label = f"Header/{'Person/' if kind in {'From', 'To'} else ''}{kind}"
            expected = []
            for box in boxes:
                inside = [s for s in spans if s["type"] == label and box["start"] <= s["start"] < box["end"]]
                values = [s["text"] for s in inside if not _names_forwarder(row["text"], s["start"])]
                if kind == "To":
                    expected += [{_plain(value)} for value in values]
                elif values:
                    expected.append({_date(value) if kind == "Sent/Date" else _plain(value) for value in values})
            _align(match, found[kind], expected, row["id"])
    return {f"inner headers: {kinds[kind]}": match for kind, match in matches.items()}


def _names_forwarder(text: str, at: int) -> bool:
    """After "Forwarded by" stands who forwards, not who wrote."""
    return "forwarded by" in text[max(0, text.rfind("\n", 0, at)) : at].lower()


def _align(match: Match, found: list[set[str]], expected: list[set[str]], name: str) -> None:
    """Count each found value that is one of an expected one's forms, every expected one once."""
    left = list(expected)
    invented = []
    for forms in found:
        hit = next((values for values in left if values & forms), None)
        if hit is None:
            invented.append(sorted(forms))
        else:
            left.remove(hit)
    match.hits += len(expected) - len(left)
    match.found += len(found)
    match.expected += len(expected)
    if left or invented:
        match.wrong.append(f"{name}\n   missed {[sorted(values) for values in left]}\n   invented {invented}")


def _forms(address: Any) -> set[str]:
    name = _plain(address.name)
    return {name, _plain(address.address), " ".join(reversed(name.split()))} - {""}


def _date(text: str) -> str:
    found = parse_quoted_date(f"{text} 12:00")
    return str(found.date()) if found else text


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.partition("/")[0].lower() if "@" not in text else text.lower()))


def _signature_fields(rows: Sequence[Row]) -> dict[str, Score | Match]:
    """Spans of name, phone, position and organisation inside the marked signatures."""
    each = {kind: Match() for kind in FIELDS}
    every = Match()
    for row in rows:
        for box in (span for span in row["spans"] if span["type"] == "Body/Signature"):
            inside = [s for s in row["spans"] if box["start"] <= s["start"] and s["end"] <= box["end"]]
            if not any(s["type"].rpartition("/")[2] in FIELDS and s["type"].count("/") > 1 for s in inside):
                continue
            found = read_fields(box["text"])
            total: tuple[set[Any], set[Any]] = (set(), set())
            for kind, name in FIELDS.items():
                ours = {(kind, _plain_span(box["text"][s.start : s.end])) for s in found if s.kind.value == name}
                theirs = {(kind, _plain_span(s["text"])) for s in inside if s["type"] == f"Body/Signature/{kind}"}
                each[kind].add(ours, theirs, row["id"])
                total[0].update(ours)
                total[1].update(theirs)
            every.add(*total, row["id"])
    return {"signature fields": every, **{f"signature fields: {kind.lower()}": match for kind, match in each.items()}}


def _plain_span(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _forge(rows: Sequence[Row]) -> dict[str, Score | Match]:
    """Signature lines of whole mails that another project marked; sign-offs are signatures there."""
    lines, mails = Match(), Score()
    for row in rows:
        written = row["text"].split("\n")
        zones = label_lines(row["text"])
        found = {n for n, zone in enumerate(zones) if zone in FORGED and written[n].strip()}
        labels = enumerate(row["line_labels"][: len(written)])
        expected = {n for n, label in labels if label == "sig" and written[n].strip()}
        lines.add(found, expected, f"{row['id']} {[written[n] for n in sorted(found ^ expected)]}")
        mails.add(right=bool(found) == bool(expected), note=f"{row['id']} {written[-5:]}")
    return {"sig-forge: signature lines": lines, "sig-forge: has a signature": mails}


def _fixtures(rows: Sequence[Row]) -> Score:
    """Expectations of other libraries' tests: reply, signature, patterns the first fragment must match."""
    score = Score()
    for row in rows:
        text = html_to_text(row["html"]) if row.get("html") else row.get("text")
        if text is None:
            continue
        # One set leaves its own marks of signature lines in the text.
        zones = split_zones(text.replace("#sig#", ""))
        expected = row.get("expected_reply")
        if expected is not None and isinstance(row.get("expected"), dict) and "html" not in row:
            expected = f"{expected}\n{row['expected'].get('text_bottom', '')}"
        said = re.search(r"assertEqual\(mail\.reply\.strip\(\), '([^'\\]+)'\)", row.get("assertions") or "")
        expected = said[1] if expected is None and said else expected
        if expected is not None:
            wanted = _squeezed(html_to_text(expected) if "html" in row and "<" in expected else expected)
            got = [_squeezed(zones.reply_text)]
            got.append(_squeezed(zones.reply_text.removesuffix(zones.sign_off)))
            if not str(row.get("kind")).startswith("sig"):
                got.append(_squeezed(f"{zones.reply_text}{zones.signature}"))
            ours = f"{zones.reply_text[:250]!r} + {zones.signature[:60]!r}"
            note = f"{row['id']}\n   expected {expected[:250]!r}\n   got      {ours}"
            score.add(right=wanted in got, note=note)
        for number, pattern in row.get("must_match") or []:
            if number == 0:
                score.add(right=bool(re.search(pattern, zones.reply_text)), note=f"{row['id']} {pattern}")
        if signature := (row.get("expected_signature") or "").replace("#sig#", ""):
            note = f"{row['id']}\n   expected signature {signature[:200]!r}\n   got      {zones.signature[:200]!r}"
            right = _squeezed(signature) in {_squeezed(zones.signature), _squeezed(zones.sign_off + zones.signature)}
            score.add(right=right, note=note)
        if isinstance(unwrapped := row.get("expected"), dict):
            _unwrapped(score, row["id"], unwrapped, zones, forward=bool(FORWARD.search(text)))
    return score


def _squeezed(text: str) -> str:
    """Without white space, quote marks and drawn lines: one above a quote may count as part of it or not."""
    return re.sub(r"[-_]{5,}|[\s>]+", "", text)


def _unwrapped(score: Score, name: str, expected: Row, zones: Any, *, forward: bool) -> None:
    """The sender and subject of a quoted or forwarded mail."""
    header = zones.headers[0] if zones.headers else None
    if "from" in expected:
        sender = f"{header.sender.name} {header.sender.address}" if header and header.sender else ""
        right = set(_plain_span(expected["from"]).split()) <= set(_plain_span(sender).split())
        score.add(right=right, note=f"{name}: from {expected['from']!r} not {sender!r}")
    if "subject" in expected:
        subject = header.subject if header else ""
        score.add(
            right=_plain_span(expected["subject"]) == _plain_span(subject),
            note=f"{name}: subject {expected['subject']!r} not {subject!r}",
        )
    if expected.get("type") == "forward" and forward:
        score.add(right=zones.forwarded, note=f"{name}: a forward")


def _speed(texts: Sequence[str]) -> None:
    ordinary = [text for text in texts if 2_000 <= len(text) <= 6_000]
    for name, chosen in (("every mail", texts), ("2-6 KB", ordinary)):
        if chosen:
            best = min(_seconds(split_zones, chosen) for _ in range(5))
            size = sum(map(len, chosen))
            print(f"speed, {name:51} {best / len(chosen) * 1e3:.3f} ms a mail of {size // len(chosen)} characters")
    if texts:
        large = "\n".join(sorted(texts, key=len)[len(texts) // 2 :] * 20)[: 5 * 1024 * 1024]
        for share in (4, 2, 1):
            part = large[: len(large) // share]
            print(f"speed, {len(part) / 1e6:.1f} MB in one body {'':32} {_seconds(split_zones, [part]):.2f} s")


def _seconds(work: Callable[[str], Any], texts: Sequence[str]) -> float:
    begun = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - begun


def _libraries(asked: argparse.Namespace) -> None:
    """Public quote-strippers on the same mails: what they call the reply, with nothing cut off below."""
    for module, split in (
        ("email_reply_parser", lambda library, text: library.EmailReplyParser.parse_reply(text)),
        ("mailparser_reply", lambda library, text: library.EmailReplyParser(languages=["en"]).parse_reply(text=text)),
        ("quotequail", lambda library, text: _visible(library.quote(text, quote_intro_line=True))),
        ("talon.quotations", lambda library, text: library.extract_from_plain(text)),
    ):
        try:
            library = importlib.import_module(module)
        except ImportError:
            print(f"{module:58} not installed")
            continue
        seconds = 0.0
        for name, part in QUAGGA.items():
            rows = list(_rows(asked, f"zones-quagga/reply_derived.{part}.train.jsonl"))
            begun = time.process_time()
            scores = _new_text(name, rows, lambda text, s=split, m=library: (s(m, text) or "", ""))  # type: ignore[misc]
            seconds += time.process_time() - begun
            print(f"{module + ': ' + name:58} {next(iter(scores.values()))}")
        print(f"{module + ': time':58} {seconds:.2f} s")


def _visible(chunks: Any) -> str:
    return "\n".join(text for visible, text in chunks or [] if visible)


if __name__ == "__main__":
    main()
