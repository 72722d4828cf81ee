"""Each hook is spoken where its story comes to it, and would be missed.

The ear hears a hook only if somebody calls it: without the call, its story is red.
``test_it_would_be_missed`` takes each call away to see that.
"""

import pytest

from archivolt_host.plugins.registry import Registry

from .conftest import EVERYBODY, specs

pytestmark = pytest.mark.plugins(*EVERYBODY)


ERRAND = {
    "key": "errand",
    "title": "An errand",
    "start": "go",
    "nodes": {
        "go": {"kind": "task", "assign": {"users": ["ada"]}, "to": "z"},
        "z": {"kind": "end"},
    },
}


def start(town):
    """Open the host, build the application, sign in, ask."""
    town.get("/documents")
    town.get("/users")
    town.get("/me")


def documents(town):
    """Write a document, change it, throw it away, take it back; delete a folder."""
    id = town.upload("Contract")
    town.run_jobs()
    town.ask("admin", "PATCH", f"/documents/{id}", json={"title": "Treaty"})
    town.get("/search?q=words")
    town.ask("admin", "DELETE", f"/documents/{id}")
    town.post(f"/documents/{id}/restore")
    folder = town.post("/folders", name="Old")["id"]
    town.ask("admin", "DELETE", f"/folders/{folder}")
    town.run_jobs()


def switches(town):
    """Switch plugins off and on again, and see what was told."""
    town.upload("Contract")
    for plugin in ("ear", "core_search"):
        for enabled in (False, True):
            path = f"/plugins/{plugin}"
            town.ask("admin", "PUT", path, json={"enabled": enabled})
    town.run_jobs()
    town.get("/events", who="ada")


def people(town):
    """Invite, add, change and remove people; put them into groups."""
    town.post("/invitations", email="a@example.org", roles=["member"])
    new = {"username": "grace", "password": "a long password", "roles": ["member"]}
    grace = town.post("/users", **new)["id"]
    town.ask("admin", "PATCH", f"/users/{grace}", json={"state": "disabled"})
    group = town.post("/groups", name="Lawyers")["id"]
    town.ask("admin", "PUT", f"/groups/{group}/users/{grace}")
    town.ask("admin", "DELETE", f"/groups/{group}")
    town.ask("admin", "DELETE", f"/users/{grace}")


def sharing(town):
    """Grant a role on a folder to a group and to a user; explain; take it back."""
    folder = town.post("/folders", name="Shared")["id"]
    group = town.post("/groups", name="Lawyers")["id"]
    ada = town.get("/me", who="ada")["id"]
    town.post("/grants", role="guest", group=group, scope=folder)
    grant = town.post("/grants", role="guest", user=ada, scope=folder)["id"]
    query = f"?user={ada}&action=documents.read&object={folder}"
    town.get(f"/permissions/explain{query}")
    town.ask("admin", "DELETE", f"/grants/{grant}")
    town.run_jobs()


def requests(town):
    """Ask for a chair, and get it; do the one task of a workflow."""
    id = town.post("/requests", who="ada", title="A chair")["id"]
    town.post(f"/requests/{id}/submit", who="ada")
    town.post(f"/requests/{id}/approve", who="manager")
    made = town.post("/workflow/definitions", **ERRAND)["id"]
    town.post(f"/workflow/definitions/{made}/publish")
    town.post("/workflow/instances", definition="errand")
    [task] = town.get("/inbox", who="ada")["items"]
    town.post(f"/tasks/{task['id']}/decide", who="ada", decision="next")
    town.run_jobs()


def housekeeping(town):
    """Sweep, load samples, move a tenant, ask for a command, purge plugins."""
    from archivolt_host.jobs.duties import sweep
    from archivolt_host.kit import jobs
    from archivolt_host.tenants import context, sessions

    tenant = town.open_home.current.catalog.get("acme")
    with context.acting(tenant), sessions.transaction():
        jobs.enqueue(sweep)
    town.run_jobs()
    file = str(town.folder / "acme.tar")
    town.command("demo", "--tenant", "acme")
    town.command("tenants", "export", "acme", file)
    town.command("tenants", "import", file, "--slug", "moved")
    town.command("users", "--help")
    for plugin in ("core_search", "ear"):  # one that it hears go, and itself
        town.command("plugins", "remove", plugin)
        town.command("plugins", "purge", plugin, "--yes")


#: Each hook, in the story that comes to it.
STORIES = {
    start: {
        "access_predicate",
        "extend_application",
        "identify",
        "permission_granted",
        "register_actions",
        "register_blueprints",
        "register_health_checks",
        "register_jobs",
        "register_orchestrators",
        "register_permissions",
        "register_schedules",
        "roles_of",
        "roles_of_many",
        "sign_in_refused",
        "signing_keys",
    },
    documents: {
        "access_granted",
        "any_news",
        "describe_documents",
        "document_created",
        "document_restored",
        "document_saved",
        "document_text_saved",
        "document_trashed",
        "document_write_refused",
        "news_wanted",
        "record_changes",
        "scope_saved",
        "scopes_removed",
    },
    switches: {"documents_changed_since", "resync", "visible_events"},
    people: {
        "group_removed",
        "roles_refused",
        "takeover_refused",
        "user_removal_refused",
        "user_removed",
        "user_saved",
    },
    sharing: {
        "describe_scope",
        "find_actor",
        "group_name",
        "role_granted",
        "role_revoked",
    },
    requests: {"describe_user", "request_decided", "task_assigned", "workflow_ended"},
    housekeeping: {
        "drop_files",
        "load_samples",
        "plugin_purged",
        "purge_storage",
        "receive_file",
        "register_commands",
        "stored_files",
    },
}
STORY_OF = {hook: story for story, hooks in STORIES.items() for hook in hooks}


def missed(town, story):
    """Return the hooks of a story that nobody spoke."""
    story(town)
    return STORIES[story] - town.heard


def test_every_hook_has_its_story():
    untold = specs().keys() - STORY_OF.keys()
    assert not untold, f"Tell in which of the STORIES above they are spoken: {untold}"
    assert STORY_OF.keys() <= specs().keys()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_is_spoken(town, story):
    assert missed(town, story) == set()


@pytest.mark.slow
@pytest.mark.parametrize("hook", sorted(STORY_OF))
def test_it_would_be_missed(hook, monkeypatch, request):
    """As if the line that calls the hook were gone."""
    speak = Registry.implementations

    def silent(self, name, enabled):
        return () if name == hook else speak(self, name, enabled)

    monkeypatch.setattr(Registry, "implementations", silent)
    try:
        left = missed(request.getfixturevalue("town"), STORY_OF[hook])
    except Exception:
        return  # the story does not even come to its end
    assert hook in left
