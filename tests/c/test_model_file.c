/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a model file may hold, and what is refused, why and where. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "models.h"

static void test_json(void)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        { "", "line 1 column 1: expected a value, found end of text" },
        { "{", "line 1 column 2: expected a string, found end of text" },
        { "\n {\"a\" 1}", "line 2 column 7: expected ':', found '1'" },
        { "{\"a\": 1,}", "expected a string, found '}'" },
        { "{\"a\": [1 2]}", "expected ',' or ']', found '2'" },
        { "{\"a\": 1 \"b\": 2}", "expected ',' or '}', found '\"'" },
        { "{} {}", "line 1 column 4: expected the end of the text" },
        { "{\"a\": NaN}", "expected a value, found 'N'" },
        { "{\"a\": Infinity}", "expected a value, found 'I'" },
        { "{\"a\": -Infinity}", "expected a digit, found 'I'" },
        { "{\"a\": 1e999}", "expected a number within range" },
        { "{\"a\": 01}", "expected ',' or '}', found '1'" },
        { "{\"a\": 0x1}", "expected ',' or '}', found 'x'" },
        { "{\"a\": 1.}", "expected a digit, found '}'" },
        { "{\"a\": +1}", "expected a value, found '+'" },
        { "{\"a\": .5}", "expected a value, found '.'" },
        { "{\"a\": 1e}", "expected a digit, found '}'" },
        { "{\"a\": tru}", "expected a value, found 't'" },
        { "{'a': 1}", "expected a string, found '''" },
        { "{\"a\": \"\\x\"}", "expected an escape character, found 'x'" },
        { "{\"a\": \"\\u12g4\"}", "expected four hex digits after \\u" },
        { "{\"a\": \"\\ud800\"}", "expected the second half of a surrogate" },
        { "{\"a\": \"\\udc00\"}", "expected no lone surrogate" },
        { "{\"a\": \"\\u0000\"}", "expected no U+0000" },
        { "{\"a\": \"\t\"}", "expected no control character" },
        { "{\"a\": \"\xff\"}", "expected valid UTF-8, found byte 0xff" },
        { "{\"a\": \"\xc0\x80\"}", "expected valid UTF-8" },
        { "{\"a\": \"\xed\xa0\x80\"}", "expected valid UTF-8" },
        { "{\"a\": \"x", "expected '\"', found end of text" },
        { "\xef\xbb\xbf{}", "expected a value, found byte 0xef" },
        { "{\"a\": /**/1}", "expected a value, found '/'" },
        { "[]", "a model must be an object, not an array" },
        { "{}", "missing member: model_dict" },
        { "{\"model_dict\": 1}", "\"model_dict\" must be an object, not a " },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        models_refuse(bad[i].text, bad[i].reason);

    char deep[4096] = "{\"a\":";
    memset(deep + 5, '[', 4000);
    models_refuse(deep, "expected no deeper nesting");

    /* Everything that JSON allows, in a member that is passed over. */
    const char *extra = "\"other\": [null, true, false, -0, 1.5E+3, 0.1e-2, "
                        "{}, [], \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d"
                        "\\ude00\xf0\x9f\x98\x80\x7f\", {\"a\": {\"b\": 1}}]";
    CHECK(models_score(models_text(extra), 0, 1) == 40);
}

static void test_nul_in_file(void)
{
    VmafModel *model;
    models_put("{\"a\": \"x\0y\"}", 12);
    CHECK(models_load(&model, 0) == -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "expected no control character"));
    models_put("{}\0", 3);
    CHECK(models_load(&model, 0) == -EINVAL);
    CHECK(strstr(pyvmaf_last_message(), "expected the end of the text"));
}

static void test_members(void)
{
    static const struct {
        const char *members, *reason;
    } bad[] = {
        { "\"norm_type\": \"x\"", "unknown norm_type: x" },
        { "\"norm_type\": null", "\"norm_type\" must be a string, not null" },
        { "\"model_type\": \"x\"", "unknown model_type: x" },
        { "\"feature_names\": []", "must hold 1 to 64 names" },
        { "\"feature_names\": [1]", "must be a string, not a number" },
        { "\"feature_names\": {}", "must be an array, not an object" },
        { "\"feature_opts_dicts\": [1]", "must be an object, not a number" },
        { "\"feature_opts_dicts\": [{\"a\": null}]",
          "true or false, not null" },
        { "\"feature_opts_dicts\": [{\"a\": 1, \"a\": 2}]",
          "a second value for the option a" },
        { "\"norm_type\": \"linear_rescale\"", "missing member: slopes" },
        { "\"norm_type\": \"linear_rescale\", \"slopes\": [1]",
          "\"slopes\" must hold 2 numbers (the score, then each feature), " },
        { "\"norm_type\": \"linear_rescale\", \"slopes\": [0, 1]",
          "the first slope divides the score" },
        { "\"norm_type\": \"linear_rescale\", \"slopes\": [1, \"1\"]",
          "expected a number, not a string" },
        { "\"norm_type\": \"linear_rescale\", \"slopes\": [1, 1], "
          "\"intercepts\": [1, 1, 1]",
          "\"intercepts\" must hold 2 numbers" },
        { "\"model\": 1", "\"model\" must be a string, not a number" },
        { "\"model\": \"\"", "SVM text line 1: expected a keyword" },
        { "\"score_clip\": [1]", "must start with two numbers" },
        { "\"score_clip\": 1", "\"score_clip\" must be an array" },
        { "\"score_transform\": null", "must be an object, not null" },
        { "\"score_transform\": {\"enabled\": \"true\"}",
          "\"enabled\" must be true or false, not a string" },
        { "\"score_transform\": {\"p0\": \"1\"}", "\"p0\" must be a number" },
        { "\"score_transform\": {\"out_lte_in\": 1}",
          "out_lte_in must be \"true\" or true" },
        { "\"score_transform\": {\"knots\": [[1]]}", "must be two numbers" },
        { "\"score_transform\": {\"knots\": [[1, 2, 3]]}", "be two numbers" },
        { "\"score_transform\": {\"knots\": [[1, 2], [1, 3]]}",
          "x must grow and y must not fall" },
        { "\"score_transform\": {\"knots\": [[1, 2], [2, 1]]}",
          "x must grow and y must not fall" },
        { "\"chroma_correction_parameter\": null", "must be a number, not" },
        { "\"chroma_correction_parameter\": 1",
          "chroma correction needs one feature named *adm3*, not 0" },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        models_refuse(models_text(bad[i].members), bad[i].reason);
    models_refuse("{\"model_dict\": {}}", "missing member: norm_type");
    models_refuse("{\"model_dict\": {\"norm_type\": \"none\"}}",
                  "missing member: feature_names");
    models_refuse("{\"model_dict\": {\"norm_type\": \"none\", "
                  "\"feature_names\": [\"a\"]}}",
                  "missing member: model");
    /* The last of several members of one name counts. */
    const char *twice = "\"norm_type\": 1, \"norm_type\": \"none\"";
    CHECK(models_score(models_text(twice), 0, 1) == 40);
}

static void test_svm(void)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        { "svm_type nu_svc\\n", "line 1: expected nu_svr, found nu_svc" },
        { "svm_type nu_svr\\r\\nkernel_type rbf",
          "line 1: expected nu_svr, found nu_svr and a carriage return" },
        { "svm_type nu_svr\\nkernel_type rbf\\ngamma 0.5\\n\\r\\n",
          "line 4: expected a keyword of the SVM header, found a carriage" },
        { "svm_type nu_svr\\nkernel_type linear", "line 2: expected rbf" },
        { "kernel_type rbf\\nwhat 1", "line 2: expected a keyword" },
        { "gamma nan", "expected a number, found nan" },
        { "gamma 0x1", "expected a number, found 0x1" },
        { "gamma 1e999", "expected a number, found 1e999" },
        { "gamma", "expected a number, found the end of the text" },
        { "nr_class 3", "expected 2, found 3" },
        { "total_sv -1", "expected a whole number, found -1" },
        { "total_sv 99999999", "expected a smaller number" },
        { "total_sv 1\\nSV\\n", "line 2: no svm_type before SV" },
        { SVM_HEAD "SV\\n0 1:1\\n", "no rho before SV" },
        { SVM_HEAD "rho 0\\nSV\\n", "expected a number, found the end of the "
                                    "text" },
        { SVM_HEAD "rho 0\\nSV 1\\n", "expected the end of the line, found 1" },
        { SVM_HEAD "rho 0\\nSV\\nx 1:1\\n",
          "line 8: expected a number, found x" },
        { SVM_HEAD "rho 0\\nSV\\n1 1;1\\n", "expected ':' after an index" },
        { SVM_HEAD "rho 0\\nSV\\n1 0:1\\n", "index 0 does not ascend" },
        { SVM_HEAD "rho 0\\nSV\\n1 2:1 2:1\\n", "index 2 does not ascend" },
        { SVM_HEAD "rho 0\\nSV\\n1 65:1\\n", "expected a smaller number" },
        { SVM_HEAD "rho 0\\nSV\\n1 1:1x\\n", "a space or the end of the line" },
        { SVM_HEAD "rho 0\\nSV\\n1 1:1\\n1 1:1\\n",
          "no more lines than total" },
        { SVM_HEAD "rho 0\\nSV\\n1 1:1\\r\\n", "found a carriage return" },
    };
    char members[1024];
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(members, sizeof members, "\"model\": \"%s\"", bad[i].text);
        models_refuse(models_text(members), bad[i].reason);
    }
    /* A vector that names fewer indices than there are features, and more. */
    const char *none = "\"model\": \"" SVM_HEAD "rho 0\\nSV\\n2\"";
    CHECK(models_score(models_text(none), 0, 3) == 2 * exp(-0.5 * 9));
    const char *more = "\"model\": \"" SVM_HEAD "rho 1\\nSV\\n2 3:2 \\n \"";
    CHECK(models_score(models_text(more), 0, 3) == 2 * exp(-0.5 * (9 + 4)) - 1);
}

int main(void)
{
    models_begin();
    test_json();
    test_nul_in_file();
    test_members();
    test_svm();
    models_end();
    puts("model_file: ok");
    return 0;
}
