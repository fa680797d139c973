"""An Actor process with PyPI's `apify` SDK, at home on Ringback. The last line is "ok"."""

import asyncio

from apify import Actor


async def main():
    async with Actor:
        given = await Actor.get_input()
        await Actor.set_status_message('working')
        await Actor.push_data([{'got': given}])
        await Actor.set_value('OUTPUT', {'rows': 1})
        assert await Actor.get_value('OUTPUT') == {'rows': 1}
        await Actor.exit(exit_code=0, event_listeners_timeout=None, status_message='done')


try:
    asyncio.run(main())
except SystemExit as end:
    assert end.code in (0, None), end.code
print('ok')
