"""The kernels that other tests here run on are what their names say."""

from __future__ import annotations

import kernels
import pytest
from notebook_page import NotebookPage

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_each_kernel_is_of_its_version(lab_page: NotebookPage, kernel: str):
    lab_page.write("version", ["import ipykernel, sipsim"], kernel)
    lab_page.run_all()
    version = lab_page.inside("ipykernel.__version__").strip("'")
    assert kernel == kernels.NEWEST or kernel == f"ipykernel-{version}"
    assert lab_page.inside("sipsim.__file__").strip("'").startswith(str(kernels.ROOT))
