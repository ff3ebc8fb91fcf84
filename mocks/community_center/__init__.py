"""The mock 시군 주민센터: 31 offices behind one eGovFrame envelope. Assumed contract; see README.md."""

from mocks.community_center.mock import CommunityCenterMock

__all__ = ["CommunityCenterMock"]
