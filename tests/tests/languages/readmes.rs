//! The programs that the READMEs show are those that are there.

use sockdock_tests::example_folder;
use std::fs;

#[test]
fn what_they_show_of_a_program_is_in_it() {
    for (example, source, fence) in
        [("echo-c", "echo.c", "```c\n"), ("echo-js", "echo.js", "```js\n"), ("echo-python", "echo.py", "```python\n")]
    {
        let read = |name: &str| fs::read_to_string(example_folder(example).join(name)).unwrap();
        let (readme, program) = (read("README.md"), read(source));
        let blocks: Vec<_> = readme.split(fence).skip(1).filter_map(|rest| rest.split_once("```")).collect();
        assert!(!blocks.is_empty(), "{example} shows no program");
        for (block, _) in blocks {
            assert!(program.contains(block), "{example}/{source} doesn't have what its README shows:\n{block}");
        }
    }
}
