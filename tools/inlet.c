#include "tools/inlet.h"

#include <string.h>

static uint32_t
count_operands(const struct arguments *arguments, uint32_t first)
{
    uint32_t count = 0;

    for (uint32_t i = first; i < command_operand_count(arguments); i++)
        count += strcmp(command_operand(arguments, i), "-") == 0;
    return count;
}

static uint32_t
count_values(const struct arguments *arguments, const char *option)
{
    const char *value;
    uint32_t count = 0;

    for (uint32_t i = 0;
         (value = command_option_nth(arguments, option, i)) != NULL; i++)
        count += strcmp(value, "-") == 0;
    return count;
}

bool
inlet_is_single(const struct arguments *arguments, uint32_t first,
                const char *const *options)
{
    uint32_t count = count_operands(arguments, first);

    for (; options != NULL && *options != NULL; options++)
        count += count_values(arguments, *options);
    if (count <= 1)
        return true;
    command_misuse(arguments,
                   "- is named %u times: standard input can be read "
                   "once; put the others into files",
                   count);
    return false;
}
