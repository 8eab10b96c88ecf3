#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { PATH_BYTES = 96 }; /* what a socket's address holds, about */

static bool fault(const char *what, const char *name)
{
    fprintf(stderr, "gateshift-oracle: %s '%s': %s\n", what, name, strerror(errno));
    return false;
}

static void path_in(const struct nginx *nginx, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/%s", nginx->folder, name);
}

/* ---- a certificate ------------------------------------------------------------------------ */

static bool add_names(X509 *certificate, const char *names)
{
    X509_EXTENSION *extension =
        names ? X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names) : NULL;
    bool good = !names || (extension && X509_set_version(certificate, X509_VERSION_3) &&
                           X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
    return good;
}

static X509 *certificate_make(EVP_PKEY *key, const char *names)
{
    X509 *certificate = X509_new();
    X509_NAME *name = certificate ? X509_get_subject_name(certificate) : NULL;
    if (!name) {
        return NULL;
    }
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"oracle", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    if (!add_names(certificate, names)) {
        X509_free(certificate);
        return NULL;
    }
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

bool nginx_prepare(const struct nginx *nginx)
{
    char path[PATH_BYTES];
    path_in(nginx, "pair.pem", path);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? certificate_make(key, nginx->names) : NULL;
    FILE *file = certificate ? fopen(path, "w") : NULL;
    bool good = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) &&
                PEM_write_X509(file, certificate);
    if (file && fclose(file) != 0) {
        good = false;
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return good || fault("cannot write the certificate", path);
}

/* ---- configuration ------------------------------------------------------------------------ */

struct slice nginx_socket(struct arena *arena, const struct nginx *nginx, size_t number, bool https)
{
    return arena_printf(arena, "%s/%zu%s.sock", nginx->folder, number, https ? "s" : "h");
}

/* headers-more stands before Lua as in the controller's image: the last one filters first. Maps and limits are
 * those of nginx.tmpl. The client's address is told in a header, as all come by the same
 * socket, and ports are the ones that the controller listens on. '@' is the folder, '!' that of the scripts, '^' the socket of the backend. */
static const char head[] =
    "load_module /usr/share/nginx/modules/ndk_http_module.so;\n"
    "load_module /usr/share/nginx/modules/ngx_http_headers_more_filter_module.so;\n"
    "load_module /usr/share/nginx/modules/ngx_http_lua_module.so;\n"
    "daemon off;\nmaster_process off;\npid @/pid;\nerror_log @/error.log warn;\n"
    "events { worker_connections 1000; }\n"
    "http {\n"
    "lua_package_path '!/?.lua;;';\n"
    "init_by_lua_block { require('oracle') }\n"
    "access_log off;\n"
    "client_body_temp_path @/body;\nproxy_temp_path @/proxy;\n"
    "fastcgi_temp_path @/fastcgi;\nuwsgi_temp_path @/uwsgi;\nscgi_temp_path @/scgi;\n"
    "keepalive_timeout 600s;\nkeepalive_requests 1000000;\n"
    "server_names_hash_bucket_size 128;\nvariables_hash_bucket_size 256;\n"
    "variables_hash_max_size 4096;\nproxy_headers_hash_max_size 1024;\n"
    "proxy_headers_hash_bucket_size 128;\n"
    "server_name_in_redirect off;\nport_in_redirect off;\nuninitialized_variable_warn off;\n"
    "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"
    "map $http_x_request_id $req_id { default $http_x_request_id; '' $request_id; }\n"
    "map $https $listener_port { on 443; default 80; }\n"
    "geo $literal_dollar { default '$'; }\n"
    "set_real_ip_from unix:;\nreal_ip_header X-Oracle-Client;\n"
    "ssl_certificate @/pair.pem;\nssl_certificate_key @/pair.pem;\n"
    "upstream upstream_balancer {\n  server unix:^;\n  keepalive 32;\n"
    "  keepalive_requests 1000000;\n}\n";

static bool write_configuration(const struct nginx *nginx, struct slice servers)
{
    char path[PATH_BYTES];
    path_in(nginx, "nginx.conf", path);
    FILE *file = fopen(path, "w");
    if (!file) {
        return fault("cannot write", path);
    }
    for (const char *at = head; *at; at++) {
        const char *value = *at == '@'   ? nginx->folder
                            : *at == '!' ? nginx->scripts
                            : *at == '^' ? nginx->backend
                                         : NULL;
        if (value) {
            fputs(value, file);
        } else {
            fputc(*at, file);
        }
    }
    fwrite(servers.ptr, 1, servers.len, file);
    fputs("}\n", file);
    return fclose(file) == 0 || fault("cannot write", path);
}

/* ---- the process -------------------------------------------------------------------------- */

static bool listens(struct slice path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path.len >= sizeof address.sun_path) {
        return false;
    }
    memcpy(address.sun_path, path.ptr, path.len);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool good = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

static pid_t launch(const struct nginx *nginx)
{
    char path[PATH_BYTES], log[PATH_BYTES];
    path_in(nginx, "nginx.conf", path);
    path_in(nginx, "error.log", log);
    (void)unlink(log);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd >= 0) {
            (void)dup2(fd, STDERR_FILENO);
            (void)dup2(fd, STDOUT_FILENO);
        }
        execl(nginx->program, nginx->program, "-p", nginx->folder, "-e", log, "-c", path,
              (char *)NULL);
        _exit(127);
    }
    return child;
}

static void forget_sockets(const struct nginx *nginx, size_t count)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t i = 0; i < 2 * count; i++) {
        struct slice path = nginx_socket(arena, nginx, i / 2, i % 2);
        (void)unlink(arena_string(arena, path));
    }
    arena_close(arena);
}

bool nginx_start(struct nginx *nginx, struct slice servers, size_t count)
{
    const struct timespec pause = {0, 10000000};
    forget_sockets(nginx, count);
    if (!write_configuration(nginx, servers)) {
        return false;
    }
    nginx->child = launch(nginx);
    if (nginx->child < 0) {
        nginx->child = 0;
        return fault("cannot start", nginx->program);
    }
    struct arena *arena = arena_open(0, NULL, NULL);
    struct slice last = nginx_socket(arena, nginx, count - 1, true);
    bool up = false;
    for (int i = 0; i < 1000 && !up; i++) {
        if (waitpid(nginx->child, NULL, WNOHANG) != 0) {
            nginx->child = 0;
            break;
        }
        up = listens(last);
        if (!up) {
            nanosleep(&pause, NULL);
        }
    }
    arena_close(arena);
    if (!up) {
        nginx_stop(nginx);
    }
    return up;
}

struct slice nginx_complaint(struct arena *arena, const struct nginx *nginx)
{
    char path[PATH_BYTES], line[1024], last[1024] = "nothing in the log";
    path_in(nginx, "error.log", path);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strstr(line, "[emerg]") || strstr(line, "[error]") || strstr(line, "[alert]")) {
            snprintf(last, sizeof last, "%s", line);
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return arena_copy(arena, slice_trim(slice_of(last)));
}

void nginx_stop(struct nginx *nginx)
{
    if (nginx->child > 0) {
        (void)kill(nginx->child, SIGTERM);
        (void)waitpid(nginx->child, NULL, 0);
    }
    nginx->child = 0;
}
