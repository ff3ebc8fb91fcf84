from __future__ import annotations

from api_bench import Bench, eventually


async def test_who_still_holds_it_is_told_with_the_consent_and_the_case(bench: Bench) -> None:
    """Nothing before it is sent, then held, then acknowledged once the agency confirmed the withdrawal."""
    accepted = await bench.accept()
    consent, case = f"/v1/consents/{accepted['consents'][0]}", f"/v1/cases/{accepted['id']}"
    referral_id = accepted["referrals"][0]["id"]

    async def held() -> dict[str, str]:
        told = [(await bench.ask.get(path)).json()["holders"] for path in (consent, case)]
        assert told[0] == told[1]
        ((one,),) = told[:1]
        return {name: one[name] for name in ("referral_id", "agency", "holding")}

    assert await held() == {"referral_id": referral_id, "agency": "pier", "holding": "nothing"}
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
        await eventually(held, lambda one: one["holding"] == "held")
        await bench.ask.post(f"{consent}/withdraw")
        assert (await eventually(held, lambda one: one["holding"] == "acknowledged"))["agency"] == "pier"
