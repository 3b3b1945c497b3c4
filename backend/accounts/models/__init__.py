"""People, their sessions, and whom they do not want to meet."""

from backend.accounts.models.safety import Block, Report
from backend.accounts.models.session import Session, UsedTicket
from backend.accounts.models.user import User, UserManager

__all__ = ["Block", "Report", "Session", "UsedTicket", "User", "UserManager"]
