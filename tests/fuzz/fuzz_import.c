// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON of models: any text. What is taken is asked. */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "model_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char *text = malloc(length + 1), error[300];
	struct model *m;

	memcpy(text, data, length);
	text[length] = '\0';
	m = model_import_json(text, length, error, sizeof(error));
	free(text);
	if (m)
		ask(m);
	model_close(m);
	return 0;
}
