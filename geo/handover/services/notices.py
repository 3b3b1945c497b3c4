"""The notices of a handover, one function per event. The user who acted gets the event and no push."""

import uuid
from datetime import datetime
from decimal import Decimal

from geo.lifecycle.notices import format_utc, to_both
from geo.models import Match, Receipt, Reminder
from notifications.services.notify import Notice


def of_proposal(*, match: Match, at: datetime, by: uuid.UUID) -> list[Notice]:
    return to_both(match, "handover.proposed", {"match": str(match.pk), "at": format_utc(at), "by": str(by)}, by)


def of_agreement(*, match: Match, at: datetime, acting: uuid.UUID) -> list[Notice]:
    return to_both(match, "handover.agreed", {"match": str(match.pk), "at": format_utc(at)}, acting)


def of_reminder(*, match: Match, reminder: Reminder) -> list[Notice]:
    data = _with_title(match) | {"at": format_utc(reminder.about), "when": reminder.kind}
    return to_both(match, "handover.reminder", data, None)


def of_check_in(*, match: Match) -> list[Notice]:
    """`handover.check_in`, to both with a push."""
    return to_both(match, "handover.check_in", _with_title(match), None)


def of_setting_off(*, match: Match, eta: datetime | None) -> list[Notice]:
    data = _with_title(match) | {"eta": format_utc(eta) if eta else None}
    return to_both(match, "handover.set_off", data, match.collector_id)


def of_arrival(*, match: Match, by: uuid.UUID, acting: uuid.UUID) -> list[Notice]:
    """`handover.arrived`, to both; `by` has arrived, `acting` reported it."""
    return to_both(match, "handover.arrived", _with_title(match) | {"by": str(by)}, acting)


def of_no_show(*, match: Match, absent: uuid.UUID) -> list[Notice]:
    """`handover.no_show`, to both, with a push to the party who did not come."""
    side = "resident" if absent == match.pickup.resident_id else "collector"
    data = _with_title(match) | {"pickup": str(match.pickup_id), "by": str(absent), "side": side}
    waiting = match.collector_id if side == "resident" else match.pickup.resident_id
    return to_both(match, "handover.no_show", data, waiting)


def of_weigh_in(*, match: Match, net_kg: Decimal) -> list[Notice]:
    """`handover.weighed_in`, to both."""
    handover = match.handover
    data = {"match": str(match.pk), "net_kg": float(net_kg), "paid_thb": float(handover.paid_thb)}
    data["is_unusual"] = handover.is_unusual
    return to_both(match, "handover.weighed_in", data, match.collector_id)


def of_dispute(*, match: Match, net_kg: Decimal, paid_thb: Decimal) -> list[Notice]:
    resident_id = match.pickup.resident_id
    data = _with_title(match) | {"by": str(resident_id), "net_kg": float(net_kg), "paid_thb": float(paid_thb)}
    return to_both(match, "handover.disputed", data, resident_id)


def of_confirmation(*, match: Match, by: uuid.UUID) -> list[Notice]:
    """`handover.confirmed`, to both, when only one of them has confirmed."""
    return to_both(match, "handover.confirmed", {"match": str(match.pk), "by": str(by)}, by)


def of_correction(*, match: Match, net_kg: Decimal, paid_thb: Decimal, by: uuid.UUID) -> list[Notice]:
    data = _with_title(match) | {"by": str(by), "net_kg": float(net_kg), "paid_thb": float(paid_thb)}
    return to_both(match, "receipt.correction_proposed", data, by)


def of_declined_correction(*, match: Match, by: uuid.UUID) -> list[Notice]:
    return to_both(match, "receipt.correction_declined", _with_title(match) | {"by": str(by)}, by)


def of_receipt(*, match: Match, receipt: Receipt, net_kg: Decimal, acting: uuid.UUID | None) -> list[Notice]:
    data: dict[str, object] = {"match": str(match.pk), "receipt": str(receipt.pk), "net_kg": float(net_kg)}
    if receipt.corrects_id:
        data["corrects"] = str(receipt.corrects_id)
    return to_both(match, "receipt.issued", data, acting)


def _with_title(match: Match) -> dict[str, object]:
    return {"match": str(match.pk), "title": match.pickup.title}
