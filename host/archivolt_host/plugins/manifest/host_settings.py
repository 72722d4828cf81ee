"""What ``[host]`` can say. To add a setting, add an entry: the rest follows."""

from typing import Any

from archivolt_host.plugins.settings import Setting


def _host(name: str, type: str, default: Any, summary: str, **more: Any) -> Setting:
    return Setting.declare(name, type, default, summary=summary, **more)


HOST_SETTINGS: tuple[Setting, ...] = (
    _host(
        "strict",
        "boolean",
        False,
        "Refuse to start when any plugin is out, as in CI.",
    ),
    _host(
        "production",
        "boolean",
        False,
        "Refuse to start while migrations wait, rather than apply them by the way.",
    ),
    _host(
        "catalog_url",
        "string",
        "sqlite",
        "Where the catalog lives: sqlite, or a postgresql:// URL, which schema "
        "placement then uses too.",
    ),
    _host(
        "migrator_url",
        "string",
        "",
        "The postgresql:// URL of the role that owns the tables; empty means "
        "catalog_url.",
        secret=True,
    ),
    _host(
        "valkey_url",
        "string",
        "",
        "A redis:// URL; empty starts the embedded Valkey.",
    ),
    _host(
        "default_placement",
        "string",
        "sqlite",
        "Where a new tenant's data goes unless its creator says otherwise.",
        choices=("sqlite", "schema"),
    ),
    _host(
        "secret_key",
        "string",
        "",
        "Signs tokens and cookies; empty generates a file in the home.",
        secret=True,
    ),
    _host("web_processes", "integer", 2, "Processes that answer HTTP.", minimum=1),
    _host("web_threads", "integer", 8, "Threads in each of them.", minimum=1),
    _host("workers", "integer", 1, "Processes that run jobs.", minimum=0),
    _host(
        "short_workers",
        "integer",
        1,
        "Further processes for the queues high and medium alone: what is short never "
        "waits for long jobs in low, bulk and duckdb.",
        minimum=0,
    ),
    _host(
        "queue_aliases",
        "list",
        [
            *("tasks=medium", "heavy=bulk", "background=low"),
            *("emails=high", "reports=low", "tenant_tasks=medium"),
        ],
        "Other names for the queues high, medium, low, bulk and duckdb.",
    ),
    _host("bind", "string", "127.0.0.1", "The address to listen on."),
    _host(
        "domain",
        "string",
        "localhost",
        "Tenants are SLUG.domain outside /vault.",
    ),
    _host(
        "extra_mounts",
        "boolean",
        True,
        "Serve what plugins declare outside /vault too, and /api/schema/, /api/docs/ "
        "and /api/redoc/.",
    ),
    _host("cors_origins", "list", [], "Origins that browsers may call from."),
    _host(
        "metrics_allow",
        "networks",
        ["127.0.0.1", "::1"],
        "Addresses and networks that may read /metrics.",
    ),
    _host("max_body", "size", "4GiB", "Largest accepted request body."),
    _host("max_json", "size", "8MiB", "Largest accepted JSON body."),
    _host(
        "body_stall_seconds",
        "duration",
        "30s",
        "Uploads slower than 1 KiB/s for so long have stalled; when they hold all "
        "places for uploads, their web process is replaced.",
        minimum="1s",
    ),
    _host(
        "sqlite_synchronous",
        "string",
        "FULL",
        "How hard SQLite waits for the disk; less than FULL may lose the last "
        "commits when the power fails.",
        choices=("FULL", "NORMAL", "OFF"),
    ),
    _host(
        "keep_done_jobs",
        "duration",
        "7d",
        "How long jobs that are done or cancelled are remembered.",
        minimum="1h",
    ),
    _host(
        "keep_history",
        "duration",
        "30d",
        "How long failed jobs, news and ticks of schedules are remembered. What waits "
        "is kept until it is done: parked jobs, and news that a plugin has not heard.",
        minimum="1h",
    ),
    _host(
        "backups",
        "cron",
        "30 2 * * *",
        "When the whole deployment is backed up, in UTC; empty for never. On as "
        "shipped, for those who would not think of it: contents are linked, not "
        "copied, but all of them are read, so have a large home backed up by its "
        "storage, and let copies leave this machine.",
    ),
    _host(
        "backup_folder",
        "string",
        "",
        "Where backups go; empty is the folder backups in the home.",
    ),
    _host("backup_keep", "integer", 7, "The newest backups that are kept.", minimum=1),
    _host(
        "log_level",
        "string",
        "info",
        "The least severe message to log.",
        choices=("debug", "info", "warning", "error"),
    ),
    _host("access_log", "boolean", True, "Log every request."),
    _host(
        "trusted_proxies",
        "networks",
        [],
        "Addresses and networks of the proxies in front: what they say in "
        "X-Forwarded-For, -Proto and -Host is believed, and nobody else's word.",
    ),
    _host(
        "https",
        "string",
        "optional",
        "Where required, a request over http is answered with 301 to https, and "
        "browsers are told to stay there (HSTS).",
        choices=("optional", "required"),
    ),
    _host(
        "limit_addresses",
        "rates",
        [],
        "Most requests from one address, signed in or not.",
    ),
    _host(
        "limit_strangers",
        "rates",
        ["2000/m"],
        "Most requests from one address that come without a valid sign-in.",
    ),
    _host(
        "limit_sign_in",
        "rates",
        ["300/m"],
        "Most attempts to sign in from one address, whoever is named.",
    ),
    _host("limit_users", "rates", [], "Most requests of one signed-in user."),
)

HOST = {setting.name: setting for setting in HOST_SETTINGS}


def defaults() -> dict[str, Any]:
    """Return what holds where the manifest says nothing."""
    return {setting.name: setting.default for setting in HOST_SETTINGS}
