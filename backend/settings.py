"""All settings of the service, from the environment (docs/operations.md) and with safe defaults.

Numbers that a city may want to change stand in backend/city_rules.py."""

import os
from datetime import timedelta
from typing import Any

import django_stubs_ext
from django.utils.module_loading import import_string

from backend.city_rules import *  # noqa: F403
from backend.configuration import (
    AS_PRODUCTION,
    BASE_DIR,
    DEVELOPMENT_REDIS,
    DEVELOPMENT_SECRET_KEY,
    env,
    public_bucket,
    require_complete,
)
from backend.core.db.connections import connection_options, replica_of, session_settings
from backend.core.http.schema_settings import schema_settings
from backend.core.logs import bind_job, logging_settings
from backend.core.metrics import measure_job

require_complete(os.environ)

LOCAL_DIR = BASE_DIR / ".local"
ENVIRONMENT = env.str("ENVIRONMENT", default="production")
IS_PRODUCTION = ENVIRONMENT in AS_PRODUCTION

# --- The web ---------------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET_KEY)
# Former keys: they sign nothing new, but what they signed remains valid (docs/operations.md).
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# Who runs the service, and where people write to: an address or a web page.
OPERATOR_NAME = env.str("OPERATOR_NAME", default="Tinder for Trash")
OPERATOR_CONTACT = env.str("OPERATOR_CONTACT", default="")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SOCKET_ALLOWED_ORIGINS = env.list("SOCKET_ALLOWED_ORIGINS", default=[PUBLIC_URL])
ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
ASGI_APPLICATION = "backend.asgi.application"
# Threads of the realtime process, for HTTP requests and for sockets: together below POSTGRES_POOL, so that none waits.
# granian reads HTTP_THREADS too (Procfile). A long poll holds a thread, so it must be above LONG_POLLS_MAX.
HTTP_THREADS = env.int("HTTP_THREADS", default=8)
HTTP_QUEUE = env.int("HTTP_QUEUE", default=24)  # requests that wait for HTTP_WAIT_S; others get 503
HTTP_WAIT_S = env.float("HTTP_WAIT_S", default=1)
SOCKET_THREADS = env.int("SOCKET_THREADS", default=6)
SOCKET_CONNECTIONS = env.int("SOCKET_CONNECTIONS", default=8)  # for storing chat messages from the event loop
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = IS_PRODUCTION and env.bool("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
CSRF_COOKIE_HTTPONLY = True
if IS_PRODUCTION:  # for this host alone, and never over plain HTTP
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# Seconds that a body may take, and how fast it has to come after the first few.
BODY_S = env.int("BODY_S", default=120)
BODY_BYTES_PER_S = env.int("BODY_BYTES_PER_S", default=2_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
DRAIN_FILE = env.str("DRAIN_FILE", default="")  # deploy/start makes it before it ends the process
# The collector of traces, such as http://127.0.0.1:4318, and Sentry: both off unless they are set.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")

INSTALLED_APPS = [
    "backend.accounts.apps.CityAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "leaflet",
    "procrastinate.contrib.django",
    "backend.core.apps.CoreConfig",
    "backend.accounts.apps.AccountsConfig",
    "notifications",
    "backend.moderation.apps.ModerationConfig",
    "chat",
    "geo",
]
if not IS_PRODUCTION:
    INSTALLED_APPS.append("tools.demo_city")
if ENVIRONMENT == "test":
    INSTALLED_APPS.append("django_migration_linter")

# The admin adds sessions, users and messages to its own pages (backend.core.http.admin).
MIDDLEWARE = [
    "backend.core.http.request_ids.RequestIdMiddleware",
    *(["backend.core.tracing.TraceMiddleware"] if OTEL_EXPORTER_OTLP_ENDPOINT else []),
    "backend.core.http.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "backend.core.http.security_headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.core.http.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

STATIC_URL = "/static/"
# Filled by collectstatic for production; elsewhere the files are served from the source folders.
STATIC_ROOT = env.str("STATIC_ROOT", default=str(LOCAL_DIR / "static") if IS_PRODUCTION else "") or None
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
# The web app; bin/setup builds it.
PHONE_DIR = BASE_DIR / "clients" / "phone" / "dist"
STATICFILES_DIRS = [("phone", PHONE_DIR)]
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/phone/assets/"
# Addresses of a map style, its tiles and fonts, with commas between them; without them the app draws its own plain map.
MAP_SOURCES = env.list("MAP_SOURCES", default=[])
MEDIA_URL = env.str("MEDIA_URL", default="/media/")
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(LOCAL_DIR / "media"))
# The virus scanner of uploads, such as 127.0.0.1:3310; off unless it is set.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", default="")
CLAMD_TIMEOUT_S = env.int("CLAMD_TIMEOUT_S", default=20)
# For files that only some people may see; must be outside of what a web server serves.
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default=str(LOCAL_DIR / "private"))
# S3-compatible storage instead of the two folders, when it has a bucket for each. MEDIA_URL is then where the public
# bucket is served; private files are served by signed addresses of S3_ENDPOINT.
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_PRIVATE_BUCKET = env.str("S3_PRIVATE_BUCKET", default="")
S3_ENDPOINT = env.str("S3_ENDPOINT", default="")
S3_REGION = env.str("S3_REGION", default="")
S3_ACCESS_KEY = env.str("S3_ACCESS_KEY", default="")
S3_SECRET_KEY = env.str("S3_SECRET_KEY", default="")
S3_SIGNED_S = env.int("S3_SIGNED_S", default=60)
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {"BACKEND": "backend.core.media.private_files.PrivateFiles"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if S3_BUCKET:
    S3_PLACE = {
        "endpoint_url": S3_ENDPOINT,
        "region_name": S3_REGION or None,
        "access_key": S3_ACCESS_KEY or None,
        "secret_key": S3_SECRET_KEY or None,
    }
    STORAGES |= {
        "default": {
            "BACKEND": "backend.core.media.s3.S3Files",
            "OPTIONS": S3_PLACE | public_bucket(S3_BUCKET, MEDIA_URL),
        },
        "private": {
            "BACKEND": "backend.core.media.s3.S3Files",
            "OPTIONS": S3_PLACE | {"bucket_name": S3_PRIVATE_BUCKET, "querystring_expire": S3_SIGNED_S},
        },
    }

# Web apps on other origins that may call the API; none unless it is set.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ["accept", "app-version", "authorization", "content-type", "idempotency-key", "if-none-match"]
CORS_ALLOW_HEADERS += ["x-firebase-appcheck"]
CORS_EXPOSE_HEADERS = ["App-Version-Min", "Content-Disposition", "Content-Language", "ETag"]
CORS_EXPOSE_HEADERS += ["RateLimit", "RateLimit-Policy", "Retry-After"]
if CORS_ALLOWED_ORIGINS:
    INSTALLED_APPS.append("corsheaders")
    MIDDLEWARE.insert(1, "corsheaders.middleware.CorsMiddleware")
# The apps that open this service's links: package and SHA-256 fingerprints of its keys, and `TEAM.bundle` ids.
ANDROID_PACKAGE = env.str("ANDROID_PACKAGE", default="")
ANDROID_FINGERPRINTS = env.list("ANDROID_FINGERPRINTS", default=[])
APPLE_APP_IDS = env.list("APPLE_APP_IDS", default=[])

# --- Storage ----------------------------------------------------------------------------------------------
# The size of the connection pool of a process. 0 means no pool, as in the web process, whose running requests share
# HTTP_THREADS connections (backend.core.http.admission).
POSTGRES_POOL = env.int("POSTGRES_POOL", default=20)
# A short reconnect_timeout: the first request after an outage connects at once instead of waiting for a backoff.
POSTGRES_POOL_OPTIONS: dict[str, Any] = {"min_size": 1, "max_size": POSTGRES_POOL, "timeout": 3, "reconnect_timeout": 1}
# Set by the web and the realtime process (wsgi.py): clients give up after a while, so what they asked for ends too.
# Jobs and commands wait without limit, and bypass the pooler.
SERVES_REQUESTS = env.bool("SERVES_REQUESTS", default=False)
POSTGRES_REQUEST_SESSION = session_settings(
    idle_in_transaction_s=env.int("POSTGRES_IDLE_IN_TRANSACTION_S", default=30),
    lock_s=env.int("POSTGRES_LOCK_S", default=5),
    statement_s=env.int("POSTGRES_STATEMENT_S", default=30),
)
POSTGRES_SESSION = POSTGRES_REQUEST_SESSION | (
    {} if SERVES_REQUESTS else {"lock_timeout": "0s", "statement_timeout": "0s"}
)
# PgBouncer in transaction mode, for the two processes that hold most connections.
POSTGRES_POOLER_HOST = env.str("POSTGRES_POOLER_HOST", default="")
POSTGRES_POOLER_PORT = env.str("POSTGRES_POOLER_PORT", default="6432")
POSTGRES_HOST = env.str("POSTGRES_HOST", default="")
POSTGRES_PORT = env.str("POSTGRES_PORT", default="5432")
HAS_POOLER = SERVES_REQUESTS and bool(POSTGRES_POOLER_HOST)
if HAS_POOLER:
    POSTGRES_HOST, POSTGRES_PORT = POSTGRES_POOLER_HOST, POSTGRES_POOLER_PORT
POSTGRES_OPTIONS = connection_options(host=POSTGRES_HOST, session=POSTGRES_SESSION, has_pooler=HAS_POOLER)
DATABASES = {
    "default": {
        "ENGINE": "backend.core.db.postgis",
        "HOST": POSTGRES_HOST,
        "PORT": POSTGRES_PORT,
        "NAME": env.str("POSTGRES_DB", default="tft"),
        "USER": env.str("POSTGRES_USER", default="tft"),
        "PASSWORD": env.str("POSTGRES_PASSWORD", default=""),
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            **POSTGRES_OPTIONS,
            **({"pool": POSTGRES_POOL_OPTIONS} if POSTGRES_POOL else {}),
        },
        "CONN_MAX_AGE": 0 if POSTGRES_POOL else None,
        "DISABLE_SERVER_SIDE_CURSORS": HAS_POOLER,
        "CONN_HEALTH_CHECKS": not POSTGRES_POOL,  # of a pool see backend.core.db.postgis
    }
}
if ENVIRONMENT == "test":
    # Tests come and go with their connections: a pool would keep the throw-away database open.
    DATABASES["default"] |= {"OPTIONS": POSTGRES_OPTIONS, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
# A standby for reads that may be a little old (backend.core.db.replica): city figures, open feed, lists of the admin.
POSTGRES_REPLICA_HOST = env.str("POSTGRES_REPLICA_HOST", default="")
POSTGRES_REPLICA_PORT = env.str("POSTGRES_REPLICA_PORT", default="5432")
POSTGRES_REPLICA_LAG_S = env.int("POSTGRES_REPLICA_LAG_S", default=30)
if POSTGRES_REPLICA_HOST:
    DATABASES["replica"] = replica_of(
        DATABASES["default"], host=POSTGRES_REPLICA_HOST, port=POSTGRES_REPLICA_PORT, session=POSTGRES_SESSION
    )
DATABASE_ROUTERS = ["backend.core.db.replica.ReplicaRouter"]
GDAL_LIBRARY_PATH = env.str("GDAL_LIBRARY_PATH", default="") or None
GEOS_LIBRARY_PATH = env.str("GEOS_LIBRARY_PATH", default="") or None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default=DEVELOPMENT_REDIS)
REDIS_PREFIX = env.str("REDIS_PREFIX", default="tft:")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- People and languages --------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
KNOX_TOKEN_MODEL = "accounts.Session"  # noqa: S105 - the name of a model
# Our sessions stand in for knox's own table, which its migrations would make all the same.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "TOKEN_MODEL": "accounts.Session",
    "TOKEN_TTL": timedelta(days=env.int("SESSION_DAYS", default=90)),
    "AUTH_HEADER_PREFIX": "Bearer",
    "AUTO_REFRESH": False,
}
AUTHENTICATION_BACKENDS = ["backend.accounts.roles.RoleBackend"]
# Whether staff need a code of an app besides their password.
ADMIN_SECOND_FACTOR = env.bool("ADMIN_SECOND_FACTOR", default=IS_PRODUCTION)
OTP_TOTP_ISSUER = OPERATOR_NAME
SESSION_COOKIE_AGE = 12 * 3_600  # only the admin has cookies
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "backend.accounts.passwords.ContextWordsValidator"},
]
LANGUAGES = [("th", "ไทย"), ("en", "English")]
LANGUAGE_CODE = env.str("DEFAULT_LANGUAGE", default="en")
LOCALE_PATHS = [BASE_DIR / "backend" / "locale"]
USE_I18N = True
USE_TZ = True
# Times are stored in UTC and decided in the city's own zone.
TIME_ZONE = "UTC"
CITY_TIME_ZONE = env.str("CITY_TIME_ZONE", default="Asia/Bangkok")
CITY_CENTRE = tuple(env.list("CITY_CENTRE", cast=float, default=[13.75, 100.52]))  # latitude, longitude
PHONE_REGION = env.str("PHONE_REGION", default="TH")

# --- Firebase --------------------------------------------------------------------------------------------
FIREBASE_PROJECT_ID = env.str("FIREBASE_PROJECT_ID", default="")
FCM_PROJECT_ID = env.str("FCM_PROJECT_ID", default=FIREBASE_PROJECT_ID)  # for pushes alone: `bin/run --phone`
# The public configuration of a web app, in JSON as the Firebase console shows it, and `vapidKey` for web push.
FIREBASE_WEB_CONFIG = env.json("FIREBASE_WEB_CONFIG", default={})
FIREBASE_CREDENTIALS_FILE = env.str("GOOGLE_APPLICATION_CREDENTIALS", default="")
# Whether a Firebase user without a number, an address or another account gets an account here.
FIREBASE_ANONYMOUS = env.bool("FIREBASE_ANONYMOUS", default=not IS_PRODUCTION)
# Whether every request of the API must bring a token of App Check (docs/security.md).
FIREBASE_APP_CHECK = env.bool("FIREBASE_APP_CHECK", default=False)
FIREBASE_HTTP_TIMEOUT_S = env.int("FIREBASE_HTTP_TIMEOUT_S", default=8)
# The only supported way to send the Admin SDK elsewhere than to Google, for tests and local demonstrations.
FCM_ENDPOINT = env.str("FCM_ENDPOINT", default="")
# Messages a minute that the project may send, and how many one worker has under way at a time.
FCM_QUOTA = env.int("FCM_QUOTA", default=600_000)
FCM_QUOTA_KEY = f"fcm:quota:{FCM_PROJECT_ID}"  # without REDIS_PREFIX: the cities of one project share its quota
FCM_QUOTA_WINDOW_S = env.int("FCM_QUOTA_WINDOW_S", default=60)
FCM_THREADS = env.int("FCM_THREADS", default=32)
PUSH_BACKEND = env.str("PUSH_BACKEND", default="fcm" if FCM_PROJECT_ID else "console")
# A page that shows the pushes of a local FCM: never in production, where nobody may be signed in as by a name.
DEMO_PHONE = bool(ENVIRONMENT == "development" and FCM_ENDPOINT and not FIREBASE_PROJECT_ID)

# --- LINE and mail ---------------------------------------------------------------------------------------
LINE_CHANNEL_TOKEN = env.str("LINE_CHANNEL_TOKEN", default="")
LINE_CHANNEL_SECRET = env.str("LINE_CHANNEL_SECRET", default="")
LINE_ACCOUNT = env.str("LINE_ACCOUNT", default="")  # such as @tinderfortrash
LINE_ENDPOINT = env.str("LINE_ENDPOINT", default="https://api.line.me").rstrip("/")
LINE_TIMEOUT_S = env.int("LINE_TIMEOUT_S", default=8)
# Sign-in with LINE is another channel than messages. The app of LIFF belongs to it.
LINE_LOGIN_CHANNEL_ID = env.str("LINE_LOGIN_CHANNEL_ID", default="")
LINE_LOGIN_CHANNEL_SECRET = env.str("LINE_LOGIN_CHANNEL_SECRET", default="")
LINE_LOGIN_ISSUER = env.str("LINE_LOGIN_ISSUER", default="https://access.line.me").rstrip("/")
LINE_LIFF_ID = env.str("LINE_LIFF_ID", default="")
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tinder for Trash <noreply@localhost>")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
HAS_EMAIL = bool(EMAIL_HOST) or not IS_PRODUCTION

# --- Jobs ------------------------------------------------------------------------------------------------
# A job that was scheduled for later is only found by asking, so this bounds how late a push may be.
PROCRASTINATE_WORKER_DEFAULTS = {"fetch_job_polling_interval": 0.5, "concurrency": 4, "delete_jobs": "successful"}
AROUND_JOBS: list[object] = [bind_job, measure_job]
if OTEL_EXPORTER_OTLP_ENDPOINT:
    AROUND_JOBS.append(import_string("backend.core.tracing.trace_job"))
PROCRASTINATE_WORKER_DEFAULTS |= {"worker_middleware": AROUND_JOBS}
# Where a worker answers Prometheus, such as 127.0.0.1:8002; nowhere unless it is set. It asks for no token.
WORKER_METRICS = env.str("WORKER_METRICS", default="")
IS_WORKER = os.environ.get("PGAPPNAME") == "tft worker"

# --- The API ---------------------------------------------------------------------------------------------
APP_VERSION_MIN = env.str("APP_VERSION_MIN", default="")  # such as 1.4; older apps are refused
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["backend.accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["backend.accounts.authentication.MayAct"],
    "DEFAULT_RENDERER_CLASSES": ["backend.core.http.responses.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.core.http.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "backend.core.http.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "backend.core.http.problems.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": False,
    # Whose tries are counted: what a client itself writes into X-Forwarded-For is not believed.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
}
SPECTACULAR_SETTINGS = schema_settings(PUBLIC_URL)
LEAFLET_CONFIG = {
    "DEFAULT_CENTER": CITY_CENTRE,
    "DEFAULT_ZOOM": 11,
    "MIN_ZOOM": 3,
    "MAX_ZOOM": 18,
    "TILES": env.str("MAP_TILES", default="https://tile.openstreetmap.org/{z}/{x}/{y}.png"),
    "ATTRIBUTION_PREFIX": "© OpenStreetMap contributors",
    "RESET_VIEW": False,
}

# --- Reports ---------------------------------------------------------------------------------------------
SILENCED_SYSTEM_CHECKS = [
    "admin.E408",  # The admin adds the middlewares that it needs to its own pages.
    "admin.E409",
    "admin.E410",
    "security.W003",  # Only the admin reads cookies; its pages check CSRF tokens themselves.
    "gis.W001",  # Debian 12 ships GDAL 3.6, which serves all we use of it.
]
MIGRATION_LINTER_OPTIONS = {
    "sql_analyser": "postgresql",
    "exclude_apps": ["procrastinate", "knox", "otp_totp", "otp_static"],
    # The first renames a column, before the first release; the other turns varchar into text, which locks nothing long.
    "ignore_name": ["0013_ring_notified", "0014_whole_staff_log"],
    "quiet": ["ok"],
}
LOGGING = logging_settings(as_json=IS_PRODUCTION, level=env.str("LOG_LEVEL", default="INFO"))

django_stubs_ext.monkeypatch()
