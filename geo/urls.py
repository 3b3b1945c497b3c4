"""Where the city is: below `/api/v1/`."""

from django.urls import path

from geo.api.cancel import CancelDoor
from geo.api.collectors import CollectorDoor
from geo.api.config import ConfigDoor
from geo.api.deck import DeckDoor
from geo.api.groups import GroupCodeDoor, GroupDoor, GroupsDoor, JoinDoor, MembershipDoor
from geo.api.handover import AgreeDoor, ArriveDoor, CalendarDoor, NoShowDoor, ProposeDoor, SetOffDoor
from geo.api.impact import (
    CityImpactDoor,
    CityMonthsDoor,
    GroupImpactDoor,
    GroupMonthsDoor,
    MyImpactDoor,
    MyMonthsDoor,
)
from geo.api.likes import AcceptDoor, DeclineDoor, LikesDoor
from geo.api.matches import MatchDoor, MatchesDoor, ReleaseDoor
from geo.api.materials import MaterialsDoor
from geo.api.photos import PhotoDoor, PhotosDoor
from geo.api.pickups import ExtensionDoor, PickupDoor, PickupsDoor
from geo.api.ratings import RatingDoor
from geo.api.receipts import ReceiptDoor, ReceiptPdfDoor
from geo.api.reliability import ReliabilityDoor
from geo.api.rest import RestDoor
from geo.api.scale import AcceptFiguresDoor, ConfirmDoor, DisputeDoor, WeighInDoor
from geo.api.scale_photos import ScalePhotoDoor, ScalePhotosDoor
from geo.api.swipes import SwipeDoor

urlpatterns = [
    path("config", ConfigDoor.as_view(), name="config"),
    path("materials", MaterialsDoor.as_view(), name="materials"),
    path("me/collector", CollectorDoor.as_view(), name="collector"),
    path("me/reliability", ReliabilityDoor.as_view(), name="reliability"),
    path("deck", DeckDoor.as_view(), name="deck"),
    path("pickups", PickupsDoor.as_view(), name="pickups"),
    path("pickups/<uuid:pickup_id>", PickupDoor.as_view(), name="pickup"),
    path("pickups/<uuid:pickup_id>/extend", ExtensionDoor.as_view(), name="extend"),
    path("pickups/<uuid:pickup_id>/photos", PhotosDoor.as_view(), name="photos"),
    path("pickups/<uuid:pickup_id>/photos/<uuid:photo_id>", PhotoDoor.as_view(), name="photo"),
    path("pickups/<uuid:pickup_id>/cancel", CancelDoor.as_view(), name="cancel"),
    path("pickups/<uuid:pickup_id>/swipe", SwipeDoor.as_view(), name="swipe"),
    path("pickups/<uuid:pickup_id>/likes", LikesDoor.as_view(), name="likes"),
    path("pickups/<uuid:pickup_id>/likes/<uuid:like_id>/accept", AcceptDoor.as_view(), name="accept"),
    path("pickups/<uuid:pickup_id>/likes/<uuid:like_id>/decline", DeclineDoor.as_view(), name="decline"),
    path("matches", MatchesDoor.as_view(), name="matches"),
    path("matches/<uuid:match_id>", MatchDoor.as_view(), name="match"),
    path("matches/<uuid:match_id>/release", ReleaseDoor.as_view(), name="release"),
    path("matches/<uuid:match_id>/handover/propose", ProposeDoor.as_view(), name="propose"),
    path("matches/<uuid:match_id>/handover/agree", AgreeDoor.as_view(), name="agree"),
    path("matches/<uuid:match_id>/handover/calendar", CalendarDoor.as_view(), name="calendar"),
    path("matches/<uuid:match_id>/handover/on-my-way", SetOffDoor.as_view(), name="set_off"),
    path("matches/<uuid:match_id>/handover/arrive", ArriveDoor.as_view(), name="arrive"),
    path("matches/<uuid:match_id>/handover/no-show", NoShowDoor.as_view(), name="no_show"),
    path("matches/<uuid:match_id>/handover/photos", ScalePhotosDoor.as_view(), name="scale_photos"),
    path("matches/<uuid:match_id>/handover/photos/<uuid:photo_id>", ScalePhotoDoor.as_view(), name="scale_photo"),
    path("matches/<uuid:match_id>/handover/dispute", DisputeDoor.as_view(), name="dispute"),
    path("matches/<uuid:match_id>/handover/accept", AcceptFiguresDoor.as_view(), name="accept_figures"),
    path("matches/<uuid:match_id>/rest", RestDoor.as_view(), name="rest"),
    path("matches/<uuid:match_id>/handover/weigh-in", WeighInDoor.as_view(), name="weigh_in"),
    path("matches/<uuid:match_id>/handover/confirm", ConfirmDoor.as_view(), name="confirm"),
    path("matches/<uuid:match_id>/rating", RatingDoor.as_view(), name="rating"),
    path("receipts/<uuid:receipt_id>", ReceiptDoor.as_view(), name="receipt"),
    path("receipts/<uuid:receipt_id>.pdf", ReceiptPdfDoor.as_view(), name="receipt_pdf"),
    path("groups", GroupsDoor.as_view(), name="groups"),
    path("groups/join", JoinDoor.as_view(), name="join_group"),
    path("groups/<uuid:group_id>", GroupDoor.as_view(), name="group"),
    path("groups/<uuid:group_id>/membership", MembershipDoor.as_view(), name="membership"),
    path("groups/<uuid:group_id>/code", GroupCodeDoor.as_view(), name="group_code"),
    path("impact/me", MyImpactDoor.as_view(), name="my_impact"),
    path("impact/me/months", MyMonthsDoor.as_view(), name="my_months"),
    path("impact/groups/<uuid:group_id>", GroupImpactDoor.as_view(), name="group_impact"),
    path("impact/groups/<uuid:group_id>/months", GroupMonthsDoor.as_view(), name="group_months"),
    path("impact/city", CityImpactDoor.as_view(), name="city_impact"),
    path("impact/city/months", CityMonthsDoor.as_view(), name="city_months"),
]
