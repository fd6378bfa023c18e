"""Errors as OpenAI's API writes them: a status, and an object that clients know how to read."""

from starlette.responses import JSONResponse


class APIError(Exception):
    """A request that is not answered.

    Args:
        status: Of HTTP.
        message: Names the value, the rule and the way out.
        param: The field of the body, if it is about one.
        code: A word for programs, such as "context_length_exceeded".
        headers: More headers, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        message = message.encode("utf-8", "replace").decode()  # JSON has no lone surrogates
        super().__init__(message)
        self.status, self.headers = status, headers
        self.body = {"error": {"message": message, "type": kind(status), "param": param}}
        self.body["error"]["code"] = code

    def response(self) -> JSONResponse:
        """The answer to the client."""
        return JSONResponse(self.body, self.status, self.headers)


def kind(status: int) -> str:
    """OpenAI's word for a kind of error."""
    if status == 401:
        return "authentication_error"
    if status == 429:
        return "rate_limit_error"
    return "invalid_request_error" if status < 500 else "server_error"
