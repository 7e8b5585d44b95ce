"""The ``[response]`` part of the configuration: working hours, holidays, targets and calendars as a Policy."""

from pathlib import Path

from domain.accounts import Company
from domain.followup import Hours, Policy, Tier
from flows.calendar_settings import read_calendars
from flows.hours_settings import read_hours
from flows.plain_values import read_duration
from flows.toml_nodes import Node, Table
from followup.business_time import parse_frames

_DEFAULT_HOURS = ("Mon-Fri 09:00-17:00",)


def read_policy(root: Table, company: Company, folder: Path) -> Policy:
    """Read targets, hours, tiers and calendars; what is not written keeps the defaults of ``domain.followup.Policy``.

    Args:
        root: The whole file.
        company: Its hours are meant in its zone; its people may have calendars of their own.
        folder: What paths of holiday calendars are relative to.

    Raises:
        ConfigError: With the line.
    """
    node = root.get("response")
    usual = Hours(timezone=company.timezone, frames=parse_frames(list(_DEFAULT_HOURS)))
    if node is None:
        return Policy(hours=usual)
    table = node.table("hours", "holidays", "targets", "tiers", "calendars")
    policy = Policy(hours=read_hours(table, usual, folder))
    targets_node = table.get("targets")
    targets = targets_node.table("complaint", "request", "other").fields if targets_node else {}
    return Policy(
        hours=policy.hours,
        complaint=read_duration(targets["complaint"]) if "complaint" in targets else policy.complaint,
        request=read_duration(targets["request"]) if "request" in targets else policy.request,
        other=read_duration(targets["other"]) if "other" in targets else policy.other,
        tiers=_read_tiers(table.get("tiers"), dict(policy.tiers)),
        calendars=read_calendars(table.get("calendars"), policy.hours, company, folder),
    )


def _read_tiers(node: Node | None, tiers: dict[str, Tier]) -> dict[str, Tier]:
    for name, tier_node in node.table().fields.items() if node else ():
        table = tier_node.table("factor", "answer")
        factor = table.get("factor")
        before = tiers.get(name, Tier())
        tiers[name] = Tier(
            factor=factor.number(above=0) if factor else before.factor,
            everything=table.choice("answer", ("asks", "everything"), "asks") == "everything",
        )
    return tiers
