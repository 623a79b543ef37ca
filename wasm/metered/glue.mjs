/**
 * Emscripten's glue makes functions of text, for speed, where it is not told otherwise; Workers refuse that. Here the two
 * places become closures that do the same: a call of C++ from JavaScript, and one of JavaScript from C++.
 */

const CALL_OF_CPP = `((...given)=>{
if(isClassMethodFunc||isAsync)throw new Error("only plain functions are called");
var destructors=[];
var wired=argTypes.slice(2).map((type,i)=>type["toWireType"](destructors,given[i]));
var rv=cppInvokerFunc(cppTargetFunc,...wired);
runDestructors(destructors);
return returns?argTypes[0]["fromWireType"](rv):undefined})`

const CALL_OF_JS = `((obj,func,destructorsRef,pointer)=>{
var values=types.map(type=>{var value=type["readValueFromPointer"](pointer);pointer+=type["argPackAdvance"];return value});
var rv=kind===1?new func(...values):func.call(obj,...values);
return retType.isVoid?undefined:emval_returnValue(retType,destructorsRef,rv)})`

const PLACES = [
  [
    'let[args,invokerFnBody]=createJsInvoker(argTypes,isClassMethodFunc,returns,isAsync);args.push(invokerFnBody);var invokerFn=newFunc(Function,args)(...closureArgs);',
    `var invokerFn=${CALL_OF_CPP};`,
  ],
  ['newFunc(Function,params)(...args)', CALL_OF_JS],
]

/** Throws where the glue is of another version: then this is to be looked at again. */
export function withoutEval(glue) {
  let text = glue
  for (const [place, closure] of PLACES) {
    if (text.split(place).length !== 2) throw new Error(`The glue does not have once: ${place}`)
    text = text.replace(place, () => closure)
  }
  if (/newFunc\(Function/.test(text)) throw new Error('The glue makes functions of text')
  return text
}
