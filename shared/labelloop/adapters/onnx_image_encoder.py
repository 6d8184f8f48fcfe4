"""An image encoder in onnxruntime: the bytes of an image file in, a unit vector out."""

import numpy as np
from numpy.typing import NDArray

from labelloop.adapters.image_decoding import pixels_of
from labelloop.adapters.image_encoder_files import ImageEncoderFiles
from labelloop.errors import BadModel
from labelloop.quiet_onnxruntime import session_of


class OnnxImageEncoder:
    """An image encoder loaded from its files. Raises BadModel for one that can't be used.

    Each image is a call of the graph of its own, so a vector does not depend on other images.
    """

    def __init__(self, files: ImageEncoderFiles, threads: int = 1) -> None:
        self.name, self.dimensions = files.name, files.dimensions
        self._size = files.size
        self._mean = np.array(files.mean, np.float32)[:, None, None]
        self._deviation = np.array(files.deviation, np.float32)[:, None, None]
        model = files.model()
        grey = np.full((3, files.size, files.size), 0.5, np.float32)
        try:
            self._session = session_of(model, threads)
            (self._input,) = (node.name for node in self._session.get_inputs())
            vector = self._run(grey)
        except Exception as exc:  # onnxruntime raises types of its own for a bad file
            reason = type(exc).__name__
            raise BadModel(f"image encoder {self.name} does not run: {reason}") from exc
        if vector.shape != (self.dimensions,) or not np.isfinite(vector).all():
            raise BadModel(f"image encoder {self.name} returns no vector as it is described")

    def encode(self, image: bytes) -> NDArray[np.float32]:
        """Return an image's unit vector, shape (dimensions,); Unreadable if it is no image."""
        return self._run(pixels_of(image, self._size))

    def _run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        normalised = (pixels - self._mean) / self._deviation
        states: NDArray[np.float32] = self._session.run(None, {self._input: normalised[None]})[0][0]
        vector = states.reshape(len(states), -1).mean(axis=1)  # over the image, if it has places
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
