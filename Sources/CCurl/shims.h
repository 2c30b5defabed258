#ifndef CCURL_SHIMS_H
#define CCURL_SHIMS_H
#define CURL_STRICTER 1
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#endif
