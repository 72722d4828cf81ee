"""Permissions of a purged plugin stand in no role any more."""

import pytest

from archivolt_core_permissions.roles.service import roles
from archivolt_host.kit import hooks

pytestmark = [
    pytest.mark.placements,
    pytest.mark.plugins("core_identity", "core_permissions"),
]


def test_a_purged_plugin_leaves_no_permission_in_a_role(tenant, in_tenant):
    held = ["sample.read", "samples.read", "users.read"]
    with in_tenant(tenant):
        roles.create(name="reader", permissions=held)
        hooks.join("plugin_purged", plugin="sample")
    with in_tenant(tenant):
        assert roles.named("reader").permissions == ["samples.read", "users.read"]
