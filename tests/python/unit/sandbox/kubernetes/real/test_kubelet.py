import asyncio
import json
from pathlib import Path

import requests

from sandbox.kubernetes.client import ApiError, Object
from sandbox.kubernetes.real.kubelet import NodeProxy, kubelet_app
from sandbox.servers import LoopbackServer

POD: Object = {
    "metadata": {"namespace": "n", "name": "p"},
    "spec": {"containers": [{"name": "main", "args": ["sleep", "9"]}]},
}


async def _find(namespace: str, name: str) -> Object:
    if (namespace, name) != ("n", "p"):
        raise ApiError(404, "NotFound", f'pods "{name}" not found')
    return POD


def _ask(path: str) -> requests.Response:
    async def story() -> requests.Response:
        server = LoopbackServer(kubelet_app(_find))
        await server.start()
        try:
            return await asyncio.to_thread(requests.get, server.url + path, timeout=5)
        finally:
            await server.stop()

    return asyncio.run(story())


def test_a_kubelet_gives_the_log_of_a_container() -> None:
    assert _ask("/containerLogs/n/p/main").text == "container main of n/p runs sleep 9\n"


def test_a_kubelet_cuts_a_log_as_asked() -> None:
    assert _ask("/containerLogs/n/p/main?tailLines=1&limitBytes=9").text == "container"


def test_a_kubelet_says_what_it_does_not_have() -> None:
    assert _ask("/containerLogs/n/p/other").status_code == 404
    missing = _ask("/containerLogs/n/q/main")
    assert (missing.status_code, missing.text) == (404, 'pods "q" not found')


def test_the_node_proxy_takes_a_connection_to_any_node_to_the_kubelet(tmp_path: Path) -> None:
    async def story() -> bytes:
        kubelet = LoopbackServer(kubelet_app(_find))
        await kubelet.start()
        proxy = NodeProxy(tmp_path / "s", kubelet.ports[0])
        await proxy.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(b"CONNECT 10.128.0.5:10250 HTTP/1.1\r\nHost: 10.128.0.5:10250\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /containerLogs/n/p/main HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await proxy.stop()
        await kubelet.stop()
        return answer

    assert b"container main of n/p" in asyncio.run(story())
    assert not (tmp_path / "s").exists()


def test_the_egress_configuration_names_the_proxy(tmp_path: Path) -> None:
    config = json.loads(NodeProxy(tmp_path / "s", 1).write_config(tmp_path / "c").read_text())
    transport = config["egressSelections"][0]["connection"]["transport"]
    assert transport["uds"]["udsName"] == str(tmp_path / "s")
