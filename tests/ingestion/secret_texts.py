"""Texts with keys, credentials, content or personal data in the forms that occur in logs, and harmless texts that look similar."""

import json
from typing import Any

SECRET = "q7Zp-plain.secret_W3"
KEY = "sk-8aab240bba5f1c90d74bf75a05743e12"
FILL = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5mN7pQ9rS1tU3vW5xY7zA9"
HEX = "8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e"
KEYS = {
    "OpenAI": f"sk-{FILL[:40]}",
    "OpenAI project": f"sk-proj-{FILL[:40]}",
    "Anthropic": f"sk-ant-api03-{FILL[:40]}",
    "OpenRouter": f"sk-or-v1-{HEX}",
    "a key behind an underscore": f"user_sk-{FILL[:30]}",
    "Groq": f"gsk_{FILL[:40]}",
    "xAI": f"xai-{FILL[:40]}",
    "Perplexity": f"pplx-{FILL[:40]}",
    "NVIDIA": f"nvapi-{FILL[:40]}",
    "Replicate": f"r8_{FILL[:37]}",
    "Cerebras": f"csk-{FILL[:40].lower()}",
    "Google": f"AIza{FILL[:35]}",
    "Google OAuth": f"ya29.{FILL[:40]}",
    "Hugging Face": f"hf_{FILL[:34]}",
    "GitHub": f"ghp_{FILL[:36]}",
    "GitHub, fine grained": f"github_pat_{FILL[:40]}",
    "GitLab": f"glpat-{FILL[:20]}",
    "Slack": "xoxb-1234567890-abcdefghij",
    "Slack app": f"xapp-1-A012-345-{HEX[:20]}",
    "Stripe": f"sk_live_{FILL[:24]}",
    "Stripe webhook": f"whsec_{FILL[:32]}",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS session": "ASIAIOSFODNN7EXAMPLE",
    "Bedrock": f"ABSK{FILL[:40]}",
    "Azure": f"AccountKey={FILL[:60]}==",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
    "a JSON web token that was cut": "eyJhbGciOiJIUzI1NiJ9",
    "npm": f"npm_{FILL[:36]}",
    "PyPI": f"pypi-AgEIcHlwaS5vcmc{FILL[:40]}",
    "SendGrid": f"SG.{FILL[:22]}.{FILL[:43]}",
    "Databricks": f"dapi{HEX[:32]}",
    "Docker": f"dckr_pat_{FILL[:27]}",
    "DigitalOcean": f"dop_v1_{HEX}",
    "Telegram": f"123456789:{FILL[:35]}",
    "Twilio": f"SK{HEX[:32]}",
    "Mailchimp": f"{HEX[:32]}-us12",
    "Vault": f"hvs.{FILL[:40]}",
    "LangSmith": f"lsv2_pt_{FILL[:40]}",
    "Langfuse": f"pk-lf-{FILL[:36]}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{FILL}\n{FILL}\n-----END RSA PRIVATE KEY-----",
    "bearer": f"bearer {FILL[:20]}",
    "BEARER": f"BEARER {FILL[:20]}",
    "Basic": "Basic dXNlcjpwYXNzd29yZA==",
}
PLACES = {
    "https://me:{}@example.org/v1": "https://[redacted]@example.org/v1",
    "https://{}@example.org/v1": "https://[redacted]@example.org/v1",
    "postgresql://app:{}@db/x": "postgresql://[redacted]@db/x",
    "https://x/y?key={}&model=m": "https://x/y?[redacted]",
    "https://x/y#access={}": "https://x/y?[redacted]",
    "/y?access_token={}": "/y?access_token=[redacted]",
    "/y?a=1&api-key={}": "/y?a=1&api-key=[redacted]",
    "/y?a=1&X-Amz-Signature={}": "/y?a=1&X-Amz-Signature=[redacted]",
    "Incorrect API key provided: {}.": "Incorrect API key provided: [redacted].",
}
CREDENTIALS: dict[str, Any] = {
    "header in an object": {"headers": {"Authorization": SECRET}},
    "several values": {"headers": {"set-cookie": [f"a={SECRET}", f"b]={SECRET}"]}},
    "list of pairs": {"headers": [["content-type", "json"], ["authorization", f"Basic {SECRET}"]]},
    "names and values": {"headers": [{"name": "Proxy-Authorization", "value": SECRET}]},
    "quote and backslash in the value": {"password": f"{SECRET}\"'\\{SECRET}"},
    "object under the name": {"credentials": {"user": "u", "of": [{"it": f"}}{SECRET}"}]}},
    "JSON within JSON": {"dump": json.dumps({"headers": {"authorization": SECRET}})},
    "JSON within JSON within JSON": {"dump": json.dumps({"dump": json.dumps({"authorization": SECRET})})},
    "a name in escapes": json.dumps({"password": SECRET}).replace("password", "p\\u0061ssword"),
    "a value in escapes": json.dumps({"x": KEY}).replace("sk-", "\\u0073k-"),
    "Python's own writing": f"{{'authorization': '{SECRET}', 'a': 1}}",
    "pairs as a Python literal": f"[(b'x', 1), (b'cookie', b'{SECRET}')]",
    "lines of headers": f"POST /v1\r\nAuthorization: Bearer {SECRET}\r\nCookie: a={SECRET}; b={SECRET}\r\nhost: x",
    "quoted parameters": f"client(api_key=\"{SECRET}\", token='{SECRET}')",
    "JSON that was cut": json.dumps({"a": 1, "headers": {"x-api-key": f"{SECRET} and more"}})[:-10],
    "an object that was cut": json.dumps({"credentials": {"of": [SECRET, SECRET]}})[:-8],
    "a sentence": f"the password is {SECRET}",
    **{
        form: form.format(SECRET)
        for form in (
            "API key '{}' is invalid",
            "token {} expired",
            "--api-key {}",
            "<password>{}</password>",
            "password\t:\t{}",
            "secret: |\n  {}",
            "&quot;password&quot;:&quot;{}&quot;",
            "access_token%22%3A%22{}%22",
            "client_secret%3D{}",
            "authorization=Bearer%20{}",
            "%22authorization%22%3A%22Bearer%20{}%22",
            "your secret key is {}",
            "auth=('user', '{}')",
            "ApiKey {}",
            "jdbc:postgresql://h/db?user=u&password={}",
            "redis://:{}@h:6379/0",
            "AWS_SECRET_ACCESS_KEY={}",
            "Token token={}",
            "Pwd={};",
        )
    },
    "a connection string": f"Server=db;User=app;Password={SECRET};Encrypt=yes",
}
PRIVATE_TEXT = "Call me Ishmael"
CONTENT: dict[str, Any] = {
    "messages": {"messages": [{"role": "user", "content": PRIVATE_TEXT}]},
    "JSON within JSON": {"request_body": json.dumps({"messages": [{"role": "user", "content": PRIVATE_TEXT}]})},
    "Python's own writing": f"bad request: {{'messages': [{{'role': 'user', 'content': '{PRIVATE_TEXT}'}}]}}",
    "Python's call": f"Message(content='{PRIVATE_TEXT}', role='user')",
    "camelCase": {"userPrompt": PRIVATE_TEXT, "outputText": PRIVATE_TEXT},
    "an answer": {"response_text": PRIVATE_TEXT, "final_answer": PRIVATE_TEXT, "transcript": PRIVATE_TEXT},
    "tool arguments": {"tool_calls": [{"function": {"arguments": json.dumps({"story": PRIVATE_TEXT})}}]},
    "cut off": json.dumps({"prompt": f"{PRIVATE_TEXT} and so on"})[:-4],
    "a user's message": {"user_message": PRIVATE_TEXT},
}
PERSONS = {
    "Unauthorized for alice@example.com": "Unauthorized for [e-mail]",
    "blocked 203.0.113.7 at the door": "blocked [address] at the door",
    "blocked 2001:db8:1:2:3:4:5:6 at the door": "blocked [address] at the door",
    "no connection to 127.0.0.1:8000": "no connection to 127.0.0.1:8000",
    "phone=+49 171": "phone=[personal] 171",
}


KEPT_TEXTS = (
    'RateLimitError: {"error": {"message": "Too many", "code": 429}}',
    "max_tokens: 512 is more than 256; prompt_tokens=3",
    "Invalid type for messages[1]: expected a string",
    "a task-force asked for a token",
    "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
    "The model `gpt-9` does not exist",
    "429 Too Many Requests, retry after 3.5s",
)
