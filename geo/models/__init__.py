"""The data model of geo."""

from geo.models.collector import Collector
from geo.models.drop_off import DropOffPoint
from geo.models.export import DataExport
from geo.models.group import Group, Membership
from geo.models.handover import STEPS, Handover, HandoverState, MeetingPoint, Reminder, Step
from geo.models.impact import ImpactEntry, ImpactSum
from geo.models.match import Match
from geo.models.material import EmissionFactor, Material
from geo.models.photo import PickupPhoto
from geo.models.pickup import Pickup, PickupItem, Ring
from geo.models.price import BoardPrice, RealisedPrice
from geo.models.receipt import Receipt, ReceiptChain, ReceiptLine
from geo.models.share import HandoverShare
from geo.models.swipe import Swipe
from geo.models.trust import CarriedMark, Penalty, Rating
from geo.models.weekly_sum import WeeklySum
from geo.models.weigh_in import Grade, LeftItem, ScalePhoto, WeighInLine, WeighInVersion

__all__ = [
    "STEPS",
    "BoardPrice",
    "CarriedMark",
    "Collector",
    "DataExport",
    "DropOffPoint",
    "EmissionFactor",
    "Grade",
    "Group",
    "Handover",
    "HandoverShare",
    "HandoverState",
    "ImpactEntry",
    "ImpactSum",
    "LeftItem",
    "Match",
    "Material",
    "MeetingPoint",
    "Membership",
    "Penalty",
    "Pickup",
    "PickupItem",
    "PickupPhoto",
    "Rating",
    "RealisedPrice",
    "Receipt",
    "ReceiptChain",
    "ReceiptLine",
    "Reminder",
    "Ring",
    "ScalePhoto",
    "Step",
    "Swipe",
    "WeeklySum",
    "WeighInLine",
    "WeighInVersion",
]
