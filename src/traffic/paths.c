#include "traffic/traffic_priv.h"

/* platform.openai.com/docs/api-reference; vllm docs/serving; huggingface text-generation-inference docs;
 * kserve.github.io open inference protocol; ollama docs/api.md; pytorch.org/serve/inference_api;
 * tensorflow.org/tfx/serving/api_rest; mlflow.org/docs (invocations, also SageMaker). */
static const struct {
    const char *path, *api;
    bool sure; /* else other applications have such paths too */
} apis[] = {
    {"/v1/chat/completions", "the OpenAI API", true},
    {"/v1/completions", "the OpenAI API", true},
    {"/v1/embeddings", "the OpenAI API", true},
    {"/v1/audio/transcriptions", "the OpenAI API", true},
    {"/v1/images/generations", "the OpenAI API", true},
    {"/v1/rerank", "the API of rerankers", true},
    {"/v1/responses", "the OpenAI API", false},
    {"/v1/messages", "the Anthropic API", false},
    {"/v1/models", "the OpenAI API or TensorFlow Serving", false},
    {"/v2/models", "the open inference protocol (KServe, Triton)", true},
    {"/generate_stream", "Text Generation Inference", true},
    {"/generate", "Text Generation Inference or SGLang", false},
    {"/api/generate", "Ollama", false},
    {"/api/chat", "Ollama", false},
    {"/api/embed", "Ollama", false},
    {"/api/embeddings", "Ollama", false},
    {"/predictions", "TorchServe", false},
    {"/invocations", "MLflow or SageMaker", false},
};

/* `path` is `api`, lies below it, or leads to it by more than its first element ("/v1/chat"). */
static bool leads_to(struct slice path, struct slice api)
{
    if (slice_starts(path, api)) {
        return path.len == api.len || path.ptr[api.len] == '/';
    }
    size_t second = slice_find(path, '/', 1);
    return second < path.len && slice_starts(api, path) && api.ptr[path.len] == '/';
}

/* An expression has the path in it as text. */
static bool names(struct slice pattern, struct slice api)
{
    return slice_contains(pattern, api);
}

const char *path_api(const struct path_match *path, bool *sure)
{
    struct slice text = path->value;
    while (path->kind != PATH_REGEX && text.len > 1 && text.ptr[text.len - 1] == '/') {
        text = slice_sub(text, 0, text.len - 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(apis); i++) {
        if (path->kind != PATH_REGEX && (text.len < 2 || text.ptr[1] != apis[i].path[1])) {
            continue; /* as for most */
        }
        struct slice api = slice_of(apis[i].path);
        if (path->kind == PATH_REGEX ? names(text, api) : leads_to(text, api)) {
            *sure = apis[i].sure;
            return apis[i].api;
        }
    }
    return NULL;
}
