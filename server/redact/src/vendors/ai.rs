//! Models and the services around them.

use super::{Vendor, inner, row};

pub(super) const ROWS: &[Vendor] = &[
    inner(
        "openai_key",
        "T3BlbkFJ",
        r"sk-[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,}",
        "sk-proj-{w58}7T3BlbkFJ{w58}",
    ),
    row("openai_key", "sk-proj-", r"sk-proj-[A-Za-z0-9_-]{20,}", "sk-proj-{w74}"),
    row("openai_key", "sk-svcacct-", r"sk-svcacct-[A-Za-z0-9_-]{20,}", "sk-svcacct-{w74}"),
    row("openai_key", "sk-admin-", r"sk-admin-[A-Za-z0-9_-]{20,}", "sk-admin-{w58}"),
    row("openai_key", "sess-", r"sess-[A-Za-z0-9]{40}", "sess-{a40}"),
    row("anthropic_key", "sk-ant-", r"sk-ant-[a-z]{2,10}\d\d-[A-Za-z0-9_-]{32,}", "sk-ant-api03-{w93}AA"),
    row("openrouter_key", "sk-or-", r"sk-or-v1-[0-9a-f]{64}", "sk-or-v1-{h64}"),
    row(
        "litellm_key",
        "sk-lf- pk-lf-",
        r"[sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "sk-lf-{uuid}",
    ),
    // DeepSeek, Moonshot, StepFun and others adopted the first format of OpenAI's keys.
    row("secret_key", "sk-", r"sk-[A-Za-z0-9]{32,64}", "sk-{a48}"),
    row("groq_key", "gsk_", r"gsk_[A-Za-z0-9]{40,}", "gsk_{a52}"),
    row("xai_key", "xai-", r"xai-[A-Za-z0-9]{60,}", "xai-{a80}"),
    row("huggingface_token", "hf_", r"hf_[A-Za-z0-9]{30,}", "hf_{a34}"),
    row("huggingface_token", "api_org_", r"api_org_[A-Za-z0-9]{30,}", "api_org_{a34}"),
    row("replicate_token", "r8_", r"r8_[A-Za-z0-9]{36,}", "r8_{a37}"),
    row("perplexity_key", "pplx-", r"pplx-[A-Za-z0-9]{40,}", "pplx-{a48}"),
    row("nvidia_key", "nvapi-", r"nvapi-[A-Za-z0-9_-]{40,}", "nvapi-{w64}"),
    row("fireworks_key", "fw_", r"fw_[A-Za-z0-9]{20,}", "fw_{a24}"),
    row("cerebras_key", "csk-", r"csk-[a-z0-9]{40,}", "csk-{l48}"),
    row("langsmith_key", "lsv2_", r"lsv2_[a-z]{2}_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_pt_{h32}_{h10}"),
    row("langsmith_key", "ls__", r"ls__[0-9a-f]{32}", "ls__{h32}"),
    row("pinecone_key", "pcsk_", r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,}", "pcsk_{a5}_{a63}"),
    row("tavily_key", "tvly-", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{30,}", "tvly-{a32}"),
    row("firecrawl_key", "fc-", r"fc-[0-9a-f]{32}", "fc-{h32}"),
    row("jina_key", "jina_", r"jina_[0-9a-f]{32}[A-Za-z0-9_-]{28,}", "jina_{h32}{w28}"),
    row("voyage_key", "pa-", r"pa-[A-Za-z0-9_-]{40,46}", "pa-{w43}"),
    row("e2b_key", "e2b_", r"e2b_[0-9a-f]{40}", "e2b_{h40}"),
    row("composio_key", "ak_", r"ak_[A-Za-z0-9_-]{20,}", "ak_{a20}"),
    row("elevenlabs_key", "sk_", r"sk_[0-9a-f]{48}", "sk_{h48}"),
    row("modal_token", "ak- as-", r"a[ks]-[A-Za-z0-9]{22}", "as-{a22}"),
    row("wandb_key", "wandb_v1_", r"wandb_v1_[A-Za-z0-9_]{40,}", "wandb_v1_{a77}"),
    row("mem0_key", "m0-", r"m0-[A-Za-z0-9]{40}", "m0-{a40}"),
    row("llama_cloud_key", "llx-", r"llx-[A-Za-z0-9]{40,}", "llx-{a48}"),
];
