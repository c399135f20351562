/* SPDX-License-Identifier: Apache-2.0 */
/* One verified CRL (RFC 5280 5), immutable and counted by reference. */
#include "status/crl_list.h"

#include <stdlib.h>

#include "der/reader.h"

int
crl_list_new(struct crl_list **out, vouch_err *err)
{
	struct crl_list *list = calloc(1, sizeof(*list));

	if (list == NULL)
		return err_nomem(err);
	list->references = 1;
	list->this_update = list->next_update = VOUCH_TIME_ABSENT;
	list->scope.certificates = CRL_ALL_CERTIFICATES;
	list->scope.reasons = CRL_ALL_REASONS;
	*out = list;
	return VOUCH_OK;
}

struct crl_list *
crl_list_ref(struct crl_list *list)
{
	if (list != NULL)
		list->references++;
	return list;
}

void
crl_list_free(struct crl_list *list)
{
	if (list == NULL || --list->references != 0)
		return;
	for (size_t i = 0; i < list->part_count; i++) {
		vouch_buf_free(&list->parts[i].name);
		crl_table_clear(&list->parts[i].table);
	}
	free(list->parts);
	free(list->name);
	vouch_buf_free(&list->issuer);
	vouch_buf_free(&list->number);
	vouch_buf_free(&list->base);
	vouch_buf_free(&list->authority_key_identifier);
	vouch_buf_free(&list->freshest);
	vouch_buf_free(&list->scope.octets);
	vouch_buf_free(&list->scope.names);
	free(list);
}

static struct crl_part *
find_part(const struct crl_list *list, vouch_span issuer_name)
{
	for (size_t i = 0; i < list->part_count; i++)
		if (span_equal(span_buf(&list->parts[i].name), issuer_name))
			return &list->parts[i];
	return NULL;
}

const struct crl_table *
crl_list_table(const struct crl_list *list, vouch_span issuer_name)
{
	const struct crl_part *part = find_part(list, issuer_name);

	return part != NULL ? &part->table : NULL;
}

struct crl_table *
crl_list_add_part(struct crl_list *list, vouch_span issuer_name, vouch_err *err)
{
	struct crl_part *part = find_part(list, issuer_name);

	if (part != NULL)
		return &part->table;
	struct crl_part *parts = reallocarray(list->parts, list->part_count + 1, sizeof(*parts));
	if (parts == NULL) {
		err_nomem(err);
		return NULL;
	}
	list->parts = parts;
	part = &parts[list->part_count];
	*part = (struct crl_part){ 0 };
	if (buf_append_span(&part->name, issuer_name) != VOUCH_OK) {
		err_nomem(err);
		return NULL;
	}
	list->part_count++;
	return &part->table;
}

uint64_t
crl_list_entries(const struct crl_list *list)
{
	uint64_t entries = 0;

	for (size_t i = 0; i < list->part_count; i++)
		entries += crl_table_count(&list->parts[i].table);
	return entries;
}

/* Without the zero octet that keeps the value from being negative. */
static vouch_span
magnitude(const vouch_buf *number)
{
	bool is_padded = number->len > 1 && number->data[0] == 0;

	return span_of(number->data + is_padded, number->len - is_padded);
}

int
crl_number_compare(const vouch_buf *a, const vouch_buf *b)
{
	return crl_serial_compare(magnitude(a), magnitude(b));
}

static bool
has_name(vouch_span names, vouch_span wanted)
{
	vouch_err broken = { 0 };
	struct der_reader r = der_reader_init(names, &broken);

	while (der_more(&r))
		if (span_equal(der_element(&r), wanted))
			return true;
	return false;
}

bool
crl_names_meet(vouch_span a, vouch_span b)
{
	vouch_err broken = { 0 };
	struct der_reader r = der_reader_init(a, &broken);

	while (der_more(&r))
		if (has_name(b, der_element(&r)))
			return true;
	return false;
}
