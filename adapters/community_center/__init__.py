"""시군 주민센터: the adapter of the 31 municipal offices. Its contract: `schemas/agencies/community_center`."""

from adapters.community_center.adapter import CommunityCenter

__all__ = ["CommunityCenter"]
