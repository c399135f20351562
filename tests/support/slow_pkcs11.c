/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module for tests: another module ($VOUCH_TEST_TOKEN_MODULE) that takes its time and can be
 * pulled.  Each signature takes $VOUCH_TEST_TOKEN_DELAY milliseconds more.  While the file
 * $VOUCH_TEST_TOKEN_PULLED exists, there is no token: its sessions are gone, logins with them, and stay gone
 * when it is back, as with a real one.
 * While the file $VOUCH_TEST_TOKEN_PIN_CHANGED exists, every PIN is wrong.
 * Each login and each signature, when it begins, is an octet in the file $VOUCH_TEST_TOKEN_LOG ("L", "S").
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long ck;  /* CK_RV, CK_ULONG and the handles */
typedef void ck_any(void); /* a function of the list, before its type is said */
typedef ck ck_notify(ck, ck, void *);

/* CK_FUNCTION_LIST of PKCS#11 2.40: a version, then the functions in the order of the standard. */
#define FUNCTIONS 68
enum place {
	GET_FUNCTION_LIST = 3,
	GET_SLOT_INFO = 5,
	GET_TOKEN_INFO = 6,
	OPEN_SESSION = 12,
	CLOSE_ALL_SESSIONS = 14,
	GET_SESSION_INFO = 15,
	LOGIN = 18,
	FIND_OBJECTS_INIT = 26,
	SIGN_INIT = 42,
	SIGN = 43
};

struct function_list {
	struct {
		unsigned char major, minor;
	} version;
	ck_any *functions[FUNCTIONS];
};

enum {
	CKR_OK = 0,
	CKR_GENERAL_ERROR = 5,
	CKR_DEVICE_REMOVED = 0x32,
	CKR_PIN_INCORRECT = 0xa0,
	CKR_TOKEN_NOT_PRESENT = 0xe0
};
enum { CKF_TOKEN_PRESENT = 1, SLOTS_MAX = 16 };

static struct function_list real, ours;
static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static ck opened[SLOTS_MAX]; /* slots with sessions */
static size_t opened_count;

static void
close_opened(void)
{
	ck (*close_all)(ck) = (ck(*)(ck))real.functions[CLOSE_ALL_SESSIONS];

	(void)pthread_mutex_lock(&opened_lock);
	while (opened_count != 0)
		(void)close_all(opened[--opened_count]);
	(void)pthread_mutex_unlock(&opened_lock);
}

/* Is there the file that the variable names? */
static int
is_there(const char *variable)
{
	const char *path = getenv(variable);

	return path != NULL && access(path, F_OK) == 0;
}

static int
is_pulled(void)
{
	if (!is_there("VOUCH_TEST_TOKEN_PULLED"))
		return 0;
	close_opened();
	return 1;
}

static void
take_time(void)
{
	const char *text = getenv("VOUCH_TEST_TOKEN_DELAY");
	long ms = text != NULL ? strtol(text, NULL, 10) : 0;
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static void
note(const char *octet)
{
	const char *path = getenv("VOUCH_TEST_TOKEN_LOG");
	int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	(void)!write(fd, octet, 1);
	close(fd);
}

/* struct CK_SLOT_INFO begins with 64 and 32 octets of text. */
struct slot_info {
	unsigned char description[64], manufacturer[32];
	ck flags;
};

static ck
get_slot_info(ck slot, struct slot_info *info)
{
	ck (*next)(ck, struct slot_info *) = (ck(*)(ck, struct slot_info *))real.functions[GET_SLOT_INFO];
	ck result = next(slot, info);

	if (result == CKR_OK && is_pulled())
		info->flags &= ~(ck)CKF_TOKEN_PRESENT;
	return result;
}

static ck
get_token_info(ck slot, void *info)
{
	ck (*next)(ck, void *) = (ck(*)(ck, void *))real.functions[GET_TOKEN_INFO];

	return is_pulled() ? CKR_TOKEN_NOT_PRESENT : next(slot, info);
}

static ck
open_session(ck slot, ck flags, void *application, ck_notify *notify, ck *session)
{
	ck (*next)(ck, ck, void *, ck_notify *,
	    ck *) = (ck(*)(ck, ck, void *, ck_notify *, ck *))real.functions[OPEN_SESSION];
	size_t i = 0;

	if (is_pulled())
		return CKR_TOKEN_NOT_PRESENT;
	(void)pthread_mutex_lock(&opened_lock);
	while (i < opened_count && opened[i] != slot)
		i++;
	if (i == opened_count && opened_count < SLOTS_MAX)
		opened[opened_count++] = slot;
	(void)pthread_mutex_unlock(&opened_lock);
	return next(slot, flags, application, notify, session);
}

static ck
get_session_info(ck session, void *info)
{
	ck (*next)(ck, void *) = (ck(*)(ck, void *))real.functions[GET_SESSION_INFO];

	return is_pulled() ? CKR_DEVICE_REMOVED : next(session, info);
}

static ck
login(ck session, ck user, unsigned char *pin, ck len)
{
	ck (*next)(ck, ck, unsigned char *, ck) = (ck(*)(ck, ck, unsigned char *, ck))real.functions[LOGIN];

	note("L");
	if (is_there("VOUCH_TEST_TOKEN_PIN_CHANGED"))
		return CKR_PIN_INCORRECT;
	return is_pulled() ? CKR_DEVICE_REMOVED : next(session, user, pin, len);
}

static ck
find_objects_init(ck session, void *template, ck count)
{
	ck (*next)(ck, void *, ck) = (ck(*)(ck, void *, ck))real.functions[FIND_OBJECTS_INIT];

	return is_pulled() ? CKR_DEVICE_REMOVED : next(session, template, count);
}

static ck
sign_init(ck session, void *mechanism, ck key)
{
	ck (*next)(ck, void *, ck) = (ck(*)(ck, void *, ck))real.functions[SIGN_INIT];

	return is_pulled() ? CKR_DEVICE_REMOVED : next(session, mechanism, key);
}

static ck
sign(ck session, unsigned char *data, ck len, unsigned char *signature, ck *signature_len)
{
	ck (*next)(ck, unsigned char *, ck, unsigned char *,
	    ck *) = (ck(*)(ck, unsigned char *, ck, unsigned char *, ck *))real.functions[SIGN];

	if (signature != NULL) {
		note("S");
		take_time();
	}
	return is_pulled() ? CKR_DEVICE_REMOVED : next(session, data, len, signature, signature_len);
}

__attribute__((visibility("default"))) ck C_GetFunctionList(struct function_list **out);

static void
build(void)
{
	ours = real;
	ours.functions[GET_FUNCTION_LIST] = (ck_any *)C_GetFunctionList;
	ours.functions[GET_SLOT_INFO] = (ck_any *)get_slot_info;
	ours.functions[GET_TOKEN_INFO] = (ck_any *)get_token_info;
	ours.functions[OPEN_SESSION] = (ck_any *)open_session;
	ours.functions[GET_SESSION_INFO] = (ck_any *)get_session_info;
	ours.functions[LOGIN] = (ck_any *)login;
	ours.functions[FIND_OBJECTS_INIT] = (ck_any *)find_objects_init;
	ours.functions[SIGN_INIT] = (ck_any *)sign_init;
	ours.functions[SIGN] = (ck_any *)sign;
}

ck
C_GetFunctionList(struct function_list **out)
{
	const char *path = getenv("VOUCH_TEST_TOKEN_MODULE");
	void *library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	ck (*list)(struct function_list **) = NULL;
	struct function_list *theirs;

	/* dlsym() gives an object's address; ISO C has no cast from it to a function's. */
	if (library != NULL)
		*(void **)&list = dlsym(library, "C_GetFunctionList");
	if (list == NULL || list(&theirs) != CKR_OK)
		return CKR_GENERAL_ERROR;
	memcpy(&real, theirs, sizeof(real));
	build();
	*out = &ours;
	return CKR_OK;
}
