// What Swift cannot import from libcurl: variadic calls, cast macros and the union in CURLMsg.
// Also the two Linux headers that the Glibc module lacks. CurlHTTP is the only user.
#ifndef CCURL_SHIMS_H
#define CCURL_SHIMS_H

// Typed handles (OpaquePointer in Swift) and plain functions instead of type-checking macros.
#define CURL_STRICTER 1
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// --- easy handle: options, one function per kind of argument

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
// A null string puts the option back to "unset".
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *list) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}
static inline CURLcode ccurl_set_mime(CURL *easy, curl_mime *mime) {
  return curl_easy_setopt(easy, CURLOPT_MIMEPOST, mime);
}
static inline CURLcode ccurl_copy_postfields(CURL *easy, const void *bytes, curl_off_t count) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, count);
  if(code != CURLE_OK)
    return code;
  // Null would mean "ask the read callback".
  return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes ? (const char *)bytes : "");
}

// --- easy handle: callbacks

typedef size_t (*ccurl_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_seek_callback)(void *context, curl_off_t offset, int origin);
typedef int (*ccurl_progress_callback)(void *context, curl_off_t download_total,
                                       curl_off_t downloaded, curl_off_t upload_total,
                                       curl_off_t uploaded);
typedef int (*ccurl_prereq_callback)(void *context, char *remote_address, char *local_address,
                                     int remote_port, int local_port);

static inline CURLcode ccurl_set_write(CURL *easy, ccurl_bytes_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
}
static inline CURLcode ccurl_set_header(CURL *easy, ccurl_bytes_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
}
static inline CURLcode ccurl_set_read(CURL *easy, ccurl_bytes_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_READDATA, context);
  return curl_easy_setopt(easy, CURLOPT_READFUNCTION, callback);
}
static inline CURLcode ccurl_set_seek(CURL *easy, ccurl_seek_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
  return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
}
static inline CURLcode ccurl_set_progress(CURL *easy, ccurl_progress_callback callback,
                                          void *context) {
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, context);
  return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, callback);
}
// Called each time a request is about to be written, on new and on reused connections.
static inline CURLcode ccurl_set_prereq(CURL *easy, ccurl_prereq_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}
// Abandon a running name lookup instead of waiting for its thread (libcurl 7.87).
static inline void ccurl_set_quick_exit(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
  (void)easy;
#endif
}

// --- easy handle: results

static inline long ccurl_get_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
static inline void *ccurl_get_private(CURL *easy) {
  char *value = NULL;
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}
static inline curl_socket_t ccurl_get_socket(CURL *easy) {
  curl_socket_t value = CURL_SOCKET_BAD;
  return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value) == CURLE_OK ? value
                                                                            : CURL_SOCKET_BAD;
}

// --- multi handle

typedef int (*ccurl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context,
                                     void *socket_context);
typedef int (*ccurl_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline void ccurl_multi_set_callbacks(CURLM *multi, ccurl_socket_callback on_socket,
                                             ccurl_timer_callback on_timer, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}
// The next finished handle, or null.
static inline CURL *ccurl_multi_next_done(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while((message = curl_multi_info_read(multi, &left)) != NULL) {
    if(message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  }
  return NULL;
}

// --- callback results, whose macros carry casts

static inline size_t ccurl_write_pause(void) { return CURL_WRITEFUNC_PAUSE; }
static inline size_t ccurl_read_abort(void) { return CURL_READFUNC_ABORT; }

// --- epoll, without the packed struct

struct ccurl_event {
  int fd;
  uint32_t events;
};

enum {
  ccurl_in = EPOLLIN,
  ccurl_out = EPOLLOUT,
  ccurl_error = EPOLLERR,
  ccurl_hangup = EPOLLHUP
};

// Watches `fd` for `events`, whether or not it was watched before: a closed descriptor leaves the
// set silently, and its number comes back with the next socket.
static inline int ccurl_epoll_watch(int epoll, int fd, uint32_t events) {
  struct epoll_event event;
  event.events = events;
  event.data.u64 = 0;
  event.data.fd = fd;
  if(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
    return 0;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
static inline void ccurl_epoll_forget(int epoll, int fd) {
  struct epoll_event event;
  event.events = 0;
  event.data.u64 = 0;
  (void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
}
static inline int ccurl_epoll_wait(int epoll, struct ccurl_event *events, int capacity,
                                   int milliseconds) {
  struct epoll_event raw[128];
  int count, i;
  if(capacity > 128)
    capacity = 128;
  count = epoll_wait(epoll, raw, capacity, milliseconds);
  for(i = 0; i < count; i++) {
    events[i].fd = raw[i].data.fd;
    events[i].events = raw[i].events;
  }
  return count;
}

#endif
