"""Conversations and messages in the admin, to look into a report. Everything is read-only."""

from django.contrib import admin

from backend.core.http.admin import ReadOnly
from chat.models import Conversation, Message, Participant


class ParticipantInline(ReadOnly, admin.TabularInline[Participant, Conversation]):
    model = Participant
    fields = ["user", "read_seq"]


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin[Conversation]):
    list_display = ["title", "id", "last_seq", "last_message_at", "created_at", "closed_at"]
    list_filter = ["closed_at"]
    search_fields = ["id", "participants__user__phone"]
    ordering = ["-created_at"]
    inlines = [ParticipantInline]


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin[Message]):
    """Messages. The list shows no text; staff open a message to read it."""

    list_display = ["id", "conversation", "seq", "sender", "kind", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["conversation", "sender"]
    search_fields = ["=conversation__id", "=id"]
    ordering = ["-created_at"]
    show_full_result_count = False
