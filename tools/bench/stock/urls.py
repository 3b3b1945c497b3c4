"""The two addresses of the peer."""

from django.urls import path

from tools.bench.stock.views import DeckView, MatchesView

urlpatterns = [path("deck", DeckView.as_view()), path("matches", MatchesView.as_view())]
