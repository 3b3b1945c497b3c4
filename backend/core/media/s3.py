"""Files in S3-compatible storage. Imported only where it is configured (S3_BUCKET): boto3 takes a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from errno import EIO
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

# A photo is small, and somebody waits for it.
CLIENT = Config(
    s3={"addressing_style": "path"},
    signature_version="s3v4",
    connect_timeout=3,
    read_timeout=10,
    retries={"max_attempts": 2},
)
# A larger file that is read goes to a temporary one. By default an export would be held whole.
MEMORY_BYTES_MAX = 5_000_000


@contextmanager
def _errors_of_a_disk() -> Iterator[None]:
    """Raise FileNotFoundError for what does not exist, and OSError for everything else."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ("404", "NoSuchKey"):
            raise FileNotFoundError(code) from error
        raise OSError(EIO, code) from error
    except BotoCoreError as error:
        raise OSError(EIO, type(error).__name__) from error


class S3Files(S3Storage):  # type: ignore[misc] # it has no types
    """The files of one bucket. Raises the errors that files on a disk raise."""

    def __init__(self, **options: Any) -> None:
        fixed = {
            "client_config": CLIENT,
            "file_overwrite": True,
            "default_acl": None,
            "max_memory_size": MEMORY_BYTES_MAX,
        }
        super().__init__(**fixed, **options)

    def state(self) -> str:
        """`ok`, or why the bucket cannot be reached."""
        try:
            with _errors_of_a_disk():
                self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
        except OSError as error:
            return str(error.args[-1])
        return "ok"

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _errors_of_a_disk():
            return super()._open(name, mode)

    def _save(self, name: str, content: Any) -> str:
        with _errors_of_a_disk():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _errors_of_a_disk():
            super().delete(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """The folders and the files in it; both empty when there is none."""
        with _errors_of_a_disk():
            folders, files = super().listdir(name)
        return list(folders), list(files)

    def get_modified_time(self, name: str) -> datetime:
        with _errors_of_a_disk():
            found: datetime = super().get_modified_time(name)
        return found
