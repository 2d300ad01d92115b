"""Writes shapes.json: how AWS spells the answers of the calls that the stand-in knows, taken from botocore's service models.

Usage: shapes.py CALL... with calls as in rds:DescribeDBClusters; the file goes to stdout. tests/lab/standin.py then checks the
stand-in's answers against these models with botocore itself.
"""

import json
import sys

import botocore
import botocore.loaders

SERVICES = {"logs": "logs"}


def shape(model, name, found):
    """Adds a shape and all that it is made of."""
    if name in found:
        return
    source = model["shapes"][name]
    kind = source["type"]
    if kind == "structure":
        members = {}
        found[name] = {"members": members}
        for key, member in source["members"].items():
            if member.get("location") in ("header", "statusCode"):
                continue
            spelt = member.get("locationName", key)
            members[key] = [spelt, member["shape"]]
            shape(model, member["shape"], found)
        if source.get("required"):
            found[name]["required"] = source["required"]
    elif kind == "list":
        member = source["member"]
        found[name] = {"item": [member.get("locationName", "member"), member["shape"]]}
        shape(model, member["shape"], found)
    elif kind == "map":
        key, value = source["key"], source["value"]
        found[name] = {"map": [key.get("locationName", "key"), value.get("locationName", "value"), value["shape"]]}
        shape(model, value["shape"], found)
    else:
        found[name] = kind


def main():
    loader = botocore.loaders.create_loader()
    services = {}
    for call in sys.argv[1:]:
        service, operation = call.split(":")
        model = loader.load_service_model(service, "service-2")
        known = services.setdefault(
            service,
            {
                "protocol": model["metadata"]["protocol"],
                "namespace": model["metadata"].get("xmlNamespace", ""),
                "operations": {},
                "shapes": {},
            },
        )
        source = model["operations"][operation]
        output = source.get("output", {})
        known["operations"][operation] = {
            "method": source["http"]["method"],
            "path": source["http"]["requestUri"],
            "output": output.get("shape"),
            "wrapper": output.get("resultWrapper"),
        }
        if output:
            shape(model, output["shape"], known["shapes"])
    text = [f'{{"botocore": {json.dumps(botocore.__version__)}']
    for service, known in sorted(services.items()):
        head = {key: known[key] for key in ("protocol", "namespace")}
        text.append(f'{json.dumps(service)}: {json.dumps(head)[:-1]}, "operations": {{')
        text.append(",\n".join(f"{json.dumps(name)}: {json.dumps(it)}" for name, it in sorted(known["operations"].items())))
        text.append('}, "shapes": {')
        text.append(",\n".join(f"{json.dumps(name)}: {json.dumps(it)}" for name, it in sorted(known["shapes"].items())))
        text.append("}}")
    body, parts = text[0] + ",\n", []
    for start in range(1, len(text), 5):
        parts.append("\n".join(text[start : start + 5]))
    print(body + ",\n".join(parts) + "}")


if __name__ == "__main__":
    main()
