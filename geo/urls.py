"""Where the city is: below `/api/v1/`."""

from django.urls import path

from geo.collectors.api import CollectorView
from geo.config import ConfigView
from geo.deck.api import DeckView
from geo.drop_off.api import DropOffPointsView
from geo.groups.api import GroupCodeView, GroupsView, GroupView, JoinView, MembershipView
from geo.handover.api.handover import (
    AgreeView,
    ArriveView,
    CalendarView,
    NoShowView,
    ProposeView,
    RatingView,
    SetOffView,
)
from geo.handover.api.receipts import (
    AcceptCorrectionView,
    CorrectionView,
    DeclineCorrectionView,
    ReceiptPdfView,
    ReceiptView,
)
from geo.handover.api.safety import CheckInView, LeaveView, ShareView
from geo.handover.api.weigh_in import (
    AcceptFiguresView,
    ConfirmView,
    DisputeView,
    LargeScalePhotoView,
    ScalePhotosView,
    ScalePhotoView,
    ThumbScalePhotoView,
    WeighInView,
)
from geo.impact.api import (
    CityImpactView,
    CityMonthsView,
    GroupImpactView,
    GroupMonthsView,
    MyImpactView,
    MyMonthsView,
)
from geo.matching.api.likes import AcceptView, DeclineView, LikesView, OwnLikesView
from geo.matching.api.matches import MatchesView, MatchView, ReleaseView
from geo.matching.api.swipes import SwipeView
from geo.materials.api import MaterialsView
from geo.pickups.api.photos import PhotosView, PhotoView
from geo.pickups.api.pickups import CancelView, ExtensionView, PickupsView, PickupView, RestView
from geo.pickups.api.square import SquareView
from geo.prices.api import PricesView
from geo.privacy.api import DataExportFileView, DataExportView
from geo.trust.api import ReliabilityView

CORRECTIONS = "matches/<id:match_id>/receipt/corrections"
SCALE_PHOTO = "matches/<id:match_id>/handover/photos/<id:photo_id>"

urlpatterns = [
    path("config", ConfigView.as_view(), name="config"),
    path("materials", MaterialsView.as_view(), name="materials"),
    path("drop-off-points", DropOffPointsView.as_view(), name="drop_off_points"),
    path("prices", PricesView.as_view(), name="prices"),
    path("me/collector", CollectorView.as_view(), name="collector"),
    path("me/reliability", ReliabilityView.as_view(), name="reliability"),
    path("me/likes", OwnLikesView.as_view(), name="my_likes"),
    path("me/exports", DataExportView.as_view(), name="export"),
    path("me/exports/file", DataExportFileView.as_view(), name="export_file"),
    path("deck", DeckView.as_view(), name="deck"),
    path("square", SquareView.as_view(), name="square"),
    path("pickups", PickupsView.as_view(), name="pickups"),
    path("pickups/<id:pickup_id>", PickupView.as_view(), name="pickup"),
    path("pickups/<id:pickup_id>/extend", ExtensionView.as_view(), name="extend"),
    path("pickups/<id:pickup_id>/photos", PhotosView.as_view(), name="photos"),
    path("pickups/<id:pickup_id>/photos/<id:photo_id>", PhotoView.as_view(), name="photo"),
    path("pickups/<id:pickup_id>/cancel", CancelView.as_view(), name="cancel"),
    path("pickups/<id:pickup_id>/swipe", SwipeView.as_view(), name="swipe"),
    path("pickups/<id:pickup_id>/likes", LikesView.as_view(), name="likes"),
    path("pickups/<id:pickup_id>/likes/<id:like_id>/accept", AcceptView.as_view(), name="accept"),
    path("pickups/<id:pickup_id>/likes/<id:like_id>/decline", DeclineView.as_view(), name="decline"),
    path("matches", MatchesView.as_view(), name="matches"),
    path("matches/<id:match_id>", MatchView.as_view(), name="match"),
    path("matches/<id:match_id>/release", ReleaseView.as_view(), name="release"),
    path("matches/<id:match_id>/leave", LeaveView.as_view(), name="leave_match"),
    path("matches/<id:match_id>/share", ShareView.as_view(), name="share_handover"),
    path("matches/<id:match_id>/handover/propose", ProposeView.as_view(), name="propose"),
    path("matches/<id:match_id>/handover/agree", AgreeView.as_view(), name="agree"),
    path("matches/<id:match_id>/handover/calendar", CalendarView.as_view(), name="calendar"),
    path("matches/<id:match_id>/handover/on-my-way", SetOffView.as_view(), name="set_off"),
    path("matches/<id:match_id>/handover/arrive", ArriveView.as_view(), name="arrive"),
    path("matches/<id:match_id>/handover/check-in", CheckInView.as_view(), name="check_in"),
    path("matches/<id:match_id>/handover/no-show", NoShowView.as_view(), name="no_show"),
    path("matches/<id:match_id>/handover/photos", ScalePhotosView.as_view(), name="scale_photos"),
    path(SCALE_PHOTO, ScalePhotoView.as_view(), name="scale_photo"),
    path(f"{SCALE_PHOTO}/large", LargeScalePhotoView.as_view(), name="scale_photo_large"),
    path(f"{SCALE_PHOTO}/thumb", ThumbScalePhotoView.as_view(), name="scale_photo_thumb"),
    path("matches/<id:match_id>/handover/dispute", DisputeView.as_view(), name="dispute"),
    path("matches/<id:match_id>/handover/accept", AcceptFiguresView.as_view(), name="accept_figures"),
    path("matches/<id:match_id>/rest", RestView.as_view(), name="rest"),
    path("matches/<id:match_id>/handover/weigh-in", WeighInView.as_view(), name="weigh_in"),
    path("matches/<id:match_id>/handover/confirm", ConfirmView.as_view(), name="confirm"),
    path("matches/<id:match_id>/rating", RatingView.as_view(), name="rating"),
    path(CORRECTIONS, CorrectionView.as_view(), name="correction"),
    path(f"{CORRECTIONS}/accept", AcceptCorrectionView.as_view(), name="accept_correction"),
    path(f"{CORRECTIONS}/decline", DeclineCorrectionView.as_view(), name="decline_correction"),
    path("receipts/<id:receipt_id>", ReceiptView.as_view(), name="receipt"),
    path("receipts/<id:receipt_id>.pdf", ReceiptPdfView.as_view(), name="receipt_pdf"),
    path("groups", GroupsView.as_view(), name="groups"),
    path("groups/join", JoinView.as_view(), name="join_group"),
    path("groups/<id:group_id>", GroupView.as_view(), name="group"),
    path("groups/<id:group_id>/membership", MembershipView.as_view(), name="membership"),
    path("groups/<id:group_id>/code", GroupCodeView.as_view(), name="group_code"),
    path("impact/me", MyImpactView.as_view(), name="my_impact"),
    path("impact/me/months", MyMonthsView.as_view(), name="my_months"),
    path("impact/groups/<id:group_id>", GroupImpactView.as_view(), name="group_impact"),
    path("impact/groups/<id:group_id>/months", GroupMonthsView.as_view(), name="group_months"),
    path("impact/city", CityImpactView.as_view(), name="city_impact"),
    path("impact/city/months", CityMonthsView.as_view(), name="city_months"),
]
