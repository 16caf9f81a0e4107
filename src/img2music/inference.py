"""Networks in ONNX form, opened for inference from several threads, without a word on stderr."""

from typing import Any

from img2music.errors import ModelError

FATAL_ONLY = 4


def open_session(model: bytes, name: str = "The model", threads: int = 1, *, lengths_vary: bool = False) -> Any:
    """Open a network; one thread a run, unless told otherwise: the same bits on any machine.

    Where the lengths of inputs vary, no plans of memory are kept for them, which would fill it.
    """
    import onnxruntime

    onnxruntime.set_default_logger_severity(FATAL_ONLY)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = not lengths_vary
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves processors to other work
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"{name} can't be loaded as an ONNX model: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What a library says of a failure, in one line."""
    return (str(error) or type(error).__name__).splitlines()[0]
