"""Take files from a repository of the Hugging Face Hub, or from the cache of an earlier time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

from ast_demo.checkpoint.errors import CheckpointError, reason

SETTINGS_BYTES = 16 * 2**20  # of a .json file, where sizes are bounded at all
HUB_OPTIONS = ("token", "cache_dir", "local_files_only", "force_download")  # of HubRepository
Progress = Callable[[int, int], None]  # bytes of a file that have arrived, its bytes in all

_HUB_ID = re.compile(r"(?=.{3,96}$)[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_REVISION = re.compile(
    r"(?=.{1,200}$)(?!.*\.\.)[\w.-][\w./-]*", re.ASCII
)  # it names a file in the cache


def is_hub_id(name: str) -> bool:
    """Tell whether a name has the form owner/repository."""
    return _HUB_ID.fullmatch(name) is not None


class HubRepository:
    """One repository of the Hub, at one commit once the first file is there.

    The Hub is asked once, without retries, whether it can be reached; if not, every file comes from
    the cache. So a start without network takes no longer than one attempt to connect, and all files
    belong to one commit even if the repository changes meanwhile.

    Args:
        name: "owner/repository".
        revision: branch, tag or commit; the main branch if None.
        token: for private repositories; the one of `hf auth login` if None.
        cache_dir: folder for what is downloaded; the Hub library's own if None.
        local_files_only: take everything from the cache.
        force_download: download again what the cache holds.
        most_bytes: of one file, or of all that belong together; more is refused before any of it is
            downloaded.

    Raises:
        CheckpointError: if the Hub knows no such repository or revision.
    """

    def __init__(
        self,
        name: str,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        force_download: bool = False,
        most_bytes: int | None = None,
    ):
        if revision is not None and not _REVISION.fullmatch(revision):
            raise CheckpointError(
                f"revision is {revision!r}, expected a branch, tag or commit of {name}."
            )
        self.name = name
        self.revision = revision
        self.commit: str | None = None
        self._token = token
        self._most_bytes = most_bytes
        self._stored = {"cache_dir": cache_dir, "force_download": force_download, "token": token}
        told = "local_files_only was asked for"
        self._unreachable = ConnectionError(told) if local_files_only else self._ask()

    def fetch(self, file: str, progress: Progress | None = None) -> Path | None:
        """Return a file's place in the cache, downloaded if need be; None if there is no such file.

        Args:
            file: name of a file in the repository.
            progress: told the bytes that have arrived and the bytes in all, while it downloads.

        Raises:
            CheckpointError: if the file is neither on the Hub nor in the cache, is larger than it
                may be, or the download broke off.
        """
        return self.fetch_all([file], progress)[file]

    def fetch_all(
        self, files: Collection[str], progress: Progress | None = None
    ) -> dict[str, Path | None]:
        """Return the places of files that belong together, as `fetch` does that of one.

        Raises:
            CheckpointError: as for `fetch`; if they are too large together, none is downloaded.
        """
        if self._most_bytes is not None and self._unreachable is None:
            self._refuse_giants(files, self._most_bytes)
        return {file: self._download(file, progress) for file in files}

    def _download(self, file: str, progress: Progress | None) -> Path | None:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        offline = self._unreachable is not None
        try:
            path = hf_hub_download(
                self.name,
                file,
                revision=self.commit or self.revision,
                local_files_only=offline,
                tqdm_class=_reporting_bar(progress) if progress else None,
                **self._stored,
            )
        except LocalEntryNotFoundError as error:
            if offline and self.commit:  # other files of this commit are there, this one is not
                return None
            raise self._explained(self._unreachable or error) from error
        except EntryNotFoundError:
            return None
        except Exception as error:  # transports raise kinds of their own when a line breaks
            raise self._explained(error) from error
        self.commit = Path(path).parent.name  # snapshots/<commit>/<file>
        return Path(path)

    def lacks(self, file: str) -> CheckpointError:
        """Say that a file is missing."""
        if self._unreachable is not None:
            return CheckpointError(
                f"the local cache holds {self.name} only in part (no {file}) and the Hub cannot be "
                f"reached ({reason(self._unreachable)}): connect to the network."
            )
        return CheckpointError(
            f"{self.name} has no {file}, which an AST checkpoint needs: choose another repository."
        )

    def _refuse_giants(self, files: Collection[str], most_bytes: int) -> None:
        """Ask for the sizes of files, and refuse those that are too large together."""
        size = sum(map(self._size, files))
        settings = all(file.endswith(".json") for file in files)
        most = min(most_bytes, SETTINGS_BYTES) if settings else most_bytes
        if size > most:
            parts = f"the {len(files)} parts of the weights"
            what, has = (parts, "have") if len(files) > 1 else (next(iter(files)), "has")
            raise CheckpointError(
                f"{what} of {self.name} {has} {size / 2**20:.0f} MB, at most {most / 2**20:.0f} MB "
                "are taken here: choose a smaller model."
            )

    def _size(self, file: str) -> int:
        """Ask for the bytes of a file; 0 if there is no such file."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.errors import EntryNotFoundError

        address = hf_hub_url(self.name, file, revision=self.commit or self.revision)
        try:
            return get_hf_file_metadata(address, token=self._token).size or 0
        except EntryNotFoundError:
            return 0
        except Exception as error:  # as for a download
            raise self._explained(error) from error

    def _ask(self) -> Exception | None:
        """Ask the Hub for the repository; return why it cannot be reached, None if it can."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.errors import (
            EntryNotFoundError,
            HFValidationError,
            RevisionNotFoundError,
        )

        try:
            address = hf_hub_url(self.name, "config.json", revision=self.revision)
            get_hf_file_metadata(address, token=self._token)
        except (HFValidationError, RevisionNotFoundError) as error:
            raise self._explained(error) from error
        except EntryNotFoundError:
            return None
        except Exception as error:  # whatever keeps the Hub from answering, the cache may serve
            return error
        return None

    def _explained(self, error: Exception) -> CheckpointError:
        """Turn what the Hub's library raised into one sentence."""
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        name = self.name
        if isinstance(error, HFValidationError):
            return CheckpointError(
                f"{name!r} cannot be a repository of the Hub, expected owner/name with single "
                "hyphens and dots, and none at the ends."
            )
        if isinstance(error, GatedRepoError):
            return CheckpointError(
                f"{name} is gated: accept its terms on its page of the Hub and log in with "
                "`hf auth login`, or choose another checkpoint."
            )
        if isinstance(error, RepositoryNotFoundError):
            return CheckpointError(
                f"the Hub has no public repository {name}: check the spelling, or log in with "
                "`hf auth login` if it is private."
            )
        if isinstance(error, RevisionNotFoundError):
            return CheckpointError(
                f"{name} has no revision {self.revision!r}: give one of its branches, tags or "
                "commits."
            )
        if isinstance(error, OfflineModeIsEnabled):
            return CheckpointError(
                f"{name} is not in the local cache and HF_HUB_OFFLINE prevents downloading it: "
                "unset that variable, or use a bundled checkpoint."
            )
        if isinstance(error, HfHubHTTPError) and not isinstance(error, LocalEntryNotFoundError):
            return CheckpointError(
                f"the Hub answered {name} with status {error.response.status_code}: try again "
                "later, or check your access with `hf auth whoami`."
            )
        if self.commit is None:
            return CheckpointError(
                f"{name} is not in the local cache and the Hub cannot be reached "
                f"({reason(error)}): connect to the network, or use a bundled checkpoint."
            )
        return CheckpointError(f"the download of {name} broke off ({reason(error)}): try again.")


def _reporting_bar(progress: Progress) -> type:
    """Return a progress bar for the Hub's downloads that also tells a function of ours."""
    from huggingface_hub.utils import tqdm

    class ReportingBar(tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            # A bar that is not drawn counts nothing, so we do.
            self._arrived = self._written = kwargs.get("initial") or 0
            self._expected = kwargs.get("total") or 0

        def update(self, n: float | None = 1) -> bool | None:
            """Count bytes written to the file."""
            self._written += n or 0
            self._report()
            return super().update(n)

        def update_transfer(self, n: float) -> None:
            """Count bytes received, which Xet storage writes some time later."""
            self._arrived += n
            self._report()

        def set_transfer_postfix_str(self, *args, **kwargs) -> None:
            """Show no second rate; Xet storage sets one."""

        def _report(self) -> None:
            arrived = max(self._arrived, self._written)
            progress(int(min(arrived, self._expected or arrived)), int(self._expected))

    return ReportingBar
