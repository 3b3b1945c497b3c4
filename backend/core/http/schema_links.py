"""The links of docs/openapi.yaml: which operations take the id of what an operation has just made."""

from collections.abc import Mapping
from typing import Any

# Operations that make something, the parameter under which its id goes on, and the operations that take it.
LINKS: Mapping[str, tuple[str, str]] = {
    "post_pickup": (
        "pickup_id",
        "get_pickup amend_pickup extend_pickup cancel_pickup list_likes swipe_pickup get_swipe",
    ),
    "post_rest": ("pickup_id", "get_pickup cancel_pickup"),
    "found_group": ("group_id", "get_group renew_group_code leave_group get_group_impact"),
    "join_group": ("group_id", "get_group leave_group"),
    "devices_register": ("device_id", "devices_forget"),
}


def add_links(operation: dict[str, Any]) -> None:
    """Link the response of an operation that makes something to the operations on it."""
    parameter, followers = LINKS.get(operation["operationId"], ("", ""))
    for status, response in operation["responses"].items():
        if status in {"200", "201"} and followers:
            response["links"] = {
                follower: {"operationId": follower, "parameters": {parameter: "$response.body#/id"}}
                for follower in followers.split()
            }
