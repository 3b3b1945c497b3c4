"""A receipt for people: the PDF to print, and the page that its QR code leads to."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.core.clock import spell_with_year_in_city
from backend.core.text.amounts import format_baht, format_kg
from geo.lifecycle.matches import IssuedLine, ReceiptDetails
from geo.matching.handover_responses import page_url_of
from geo.models import Grade, Receipt


def pdf_of(details: ReceiptDetails) -> bytes:
    """The receipt as PDF, A5, in the active language. Needs Pango and a Thai font on this machine."""
    from weasyprint import HTML  # noqa: PLC0415 - the import takes a second and 60 MB

    qr = segno.make(page_url_of(details.receipt), error="m").svg_inline(border=0, omitsize=True)
    html = render_to_string("geo/receipt_paper.html", context_of(details) | {"qr": qr})
    return bytes(HTML(string=html, url_fetcher=_fetch_nothing).write_pdf())


def context_of(details: ReceiptDetails) -> dict[str, Any]:
    """The context of the templates: all that the paper says, in the active language."""
    receipt, lines = details.receipt, list(details.lines)
    marks = _marks_of(lines)
    return {
        "receipt": receipt,
        "corrections": Receipt.objects.filter(corrects=receipt).order_by("number").values_list("number", flat=True),
        "resident": details.resident,
        "collector": details.collector,
        "at": spell_with_year_in_city(receipt.handed_over_at),
        "paid": _paid(receipt.paid_thb),
        "lines": [_line(line, marks) for line in lines],
        "net_kg": format_kg(sum(line.net_kg for line in lines), in_table=True),
        "totals": _totals_of(lines),
        "notes": [_note(line, mark) for line, mark in _first_with_each(lines, marks)],
        "kg_without_factor": _without_factor(lines),
    }


def _fetch_nothing(url: str, *_args: Any, **_options: Any) -> Any:
    raise ValueError(f"a receipt loads nothing, but asks for {url}")


def _paid(thb: Decimal) -> str:
    if thb > 0:
        return _("%(thb)s THB by the collector") % {"thb": format_baht(thb)}
    if thb < 0:
        return _("%(thb)s THB by the one who gave") % {"thb": format_baht(-thb)}
    return _("nothing")


def _without_factor(lines: Sequence[IssuedLine]) -> str:
    """The kilograms in no total of CO2e; empty when there are none."""
    kg = sum(line.net_kg for line in lines if line.kg_co2e_per_kg is None)
    return format_kg(kg) if kg else ""


def _pieces(count: int | None) -> str:
    if count is None:
        return ""
    return ngettext("%(count)d piece", "%(count)d pieces", count) % {"count": count}


def _factor_key(line: IssuedLine) -> tuple[Any, ...]:
    return (line.factor_set, line.factor_version, line.kg_co2e_per_kg, line.factor_source)


def _marks_of(lines: Sequence[IssuedLine]) -> dict[tuple[Any, ...], int]:
    """Each different factor gets a number, in the order of the lines."""
    keys = dict.fromkeys(_factor_key(line) for line in lines if line.kg_co2e_per_kg is not None)
    return {key: number for number, key in enumerate(keys, start=1)}


def _line(line: IssuedLine, marks: dict[tuple[Any, ...], int]) -> dict[str, Any]:
    return {
        "name": line.material.name,
        "pieces": _pieces(line.pieces),
        "worth": _worth(line),
        "gross_kg": format_kg(line.gross_kg, in_table=True),
        "tare_kg": format_kg(line.tare_kg, in_table=True),
        "net_kg": format_kg(line.net_kg, in_table=True),
        "kg_co2e": None if line.kg_co2e_avoided is None else format_kg(line.kg_co2e_avoided, in_table=True),
        "note": marks.get(_factor_key(line)),
    }


def _worth(line: IssuedLine) -> str:
    """The grade, the price and the amount, as far as the line says them."""
    grade = str(Grade(line.grade).label) if line.grade else ""
    price = _("%(thb)s THB per kg") % {"thb": format_baht(line.price_thb_per_kg)} if line.price_thb_per_kg else ""
    amount = _("%(thb)s THB") % {"thb": format_baht(line.paid_thb)} if line.paid_thb is not None else ""
    return " · ".join(text for text in (grade, price, amount) if text)


def _totals_of(lines: Sequence[IssuedLine]) -> list[dict[str, Any]]:
    """One for each version of each set: sums of different sets are never added up."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.kg_co2e_avoided is not None:
            sums[line.factor_set, line.factor_version] += line.kg_co2e_avoided
    return [{"name": " ".join(key), "kg_co2e": format_kg(kg, in_table=True)} for key, kg in sorted(sums.items())]


def _first_with_each(lines: Sequence[IssuedLine], marks: dict[tuple[Any, ...], int]) -> list[tuple[IssuedLine, int]]:
    first: dict[int, IssuedLine] = {}
    for line in lines:
        if mark := marks.get(_factor_key(line)):
            first.setdefault(mark, line)
    return [(line, mark) for mark, line in sorted(first.items())]


def _note(line: IssuedLine, mark: int) -> dict[str, Any]:
    return {
        "mark": mark,
        "factor": line.kg_co2e_per_kg,
        "source": line.factor_source,
        "name": f"{line.factor_set} {line.factor_version}",
    }
